"""Tables of the contract's record: facts, and a lasting id for each obligation's deadlines."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Money, UtcDateTime
from kernel.db.appendonly import append_only


class ContractFact(Base):
    """Something a party put on record; never changed, at most withdrawn by a later row."""

    __tablename__ = "contract_fact"
    __table_args__ = (Index("ix_contract_fact_contract", "contract", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract: Mapped[str] = mapped_column(String(80))
    """The contract's key: facts outlive its versions."""
    kind: Mapped[str] = mapped_column(String(40))
    happened_on: Mapped[date] = mapped_column(Date)
    side: Mapped[str] = mapped_column(String(1))
    payer: Mapped[str | None] = mapped_column(String(40))
    instalment: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(120))
    amount: Mapped[Decimal | None] = mapped_column(Money)
    outcome: Mapped[str | None] = mapped_column(String(20))
    until: Mapped[date | None] = mapped_column(Date)
    text: Mapped[str | None] = mapped_column(Text)
    withdraws: Mapped[int | None] = mapped_column(ForeignKey("contract_fact.id"), unique=True)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ObligationKey(Base):
    """The number by which the deadline engine knows an obligation."""

    __tablename__ = "obligation_key"
    __table_args__ = (UniqueConstraint("contract", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(120))


for _table in (ContractFact.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
