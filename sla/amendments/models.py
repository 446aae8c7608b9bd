"""Tables of contract amendments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime
from kernel.db.appendonly import append_only


class Amendment(Base):
    """A proposed version of the contract. `state` is a projection of its entries."""

    __tablename__ = "amendment"
    __table_args__ = (Index("ix_amendment_state", "state", "effective_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("contract_version.digest"))
    replaces: Mapped[str] = mapped_column(String(64))
    """Digest of the version in force when it was proposed, against which changes are shown."""
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposer: Mapped[str] = mapped_column(String(1))
    """Which party proposed it, a or b; the other one decides."""
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(Integer)


class AmendmentEntry(Base):
    """One step: proposed, agreed, refused or withdrawn, by whom and why."""

    __tablename__ = "amendment_entry"
    __table_args__ = (UniqueConstraint("amendment_id", "seq"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    amendment_id: Mapped[int] = mapped_column(ForeignKey("amendment.id"))
    seq: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(12))
    party: Mapped[str] = mapped_column(String(1))
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


for _table in (AmendmentEntry.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
