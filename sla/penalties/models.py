"""Tables of the penalty ledger."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Money, UtcDateTime
from kernel.db.appendonly import append_only


class Penalty(Base):
    """A penalty case. `state`, `balance`, `since` and `contest_until` are projections of its entries."""

    __tablename__ = "penalty"
    __table_args__ = (
        Index("ix_penalty_case", "case_id", "id"),
        Index("ix_penalty_state", "state", "id"),
        Index("ix_penalty_state_since", "state", "since", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("sla_case.id"))
    amount: Mapped[Decimal] = mapped_column(Money)
    clause: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    balance: Mapped[Decimal] = mapped_column(Money)
    """What is still to be deducted; negative: a credit owed to party B."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """When its state began."""
    contest_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The last instant at which party B may contest, once party A has confirmed."""


class PenaltyEntry(Base):
    """One line of the ledger: what happened to a penalty, with the amount it moves."""

    __tablename__ = "penalty_entry"
    __table_args__ = (
        UniqueConstraint("penalty_id", "seq"),
        Index("ix_penalty_entry_instalment", "instalment", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    penalty_id: Mapped[int] = mapped_column(ForeignKey("penalty.id"))
    seq: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(16))
    amount: Mapped[Decimal] = mapped_column(Money)
    """Signed: a reversal carries the negative of what it reverses."""
    verdict_version: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))
    """SM3 over the entry and its predecessor in this penalty; the audit chain holds it too."""
    instalment: Mapped[str | None] = mapped_column(String(40))
    """Where it was settled or credited."""


class PenaltySum(Base):
    """What moved a state's sums; the sums are the sums of these rows (see `sums`)."""

    __tablename__ = "penalty_sum"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    cases: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Decimal] = mapped_column(Money)
    balance: Mapped[Decimal] = mapped_column(Money)


for _table in (PenaltyEntry.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
