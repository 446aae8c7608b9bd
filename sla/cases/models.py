"""Tables of judged cases. A case's subject is something above us (an incident), known by its number."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Money, UtcDateTime
from kernel.db.appendonly import append_only


class Case(Base):
    """The newest verdict on a subject, with real columns for what reports count."""

    __tablename__ = "sla_case"
    __table_args__ = (
        Index("ix_sla_case_started", "started_at", "id"),
        Index("ix_sla_case_class", "fault_class", "id"),
        Index("ix_sla_case_response", "response_state", "id"),
        Index("ix_sla_case_repair", "repair_state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(200))
    contract: Mapped[str] = mapped_column(String(64))
    drill: Mapped[int] = mapped_column(Integer, default=0)
    fault_class: Mapped[str] = mapped_column(String(40))
    modules: Mapped[str] = mapped_column(Text)
    """Comma-separated keys, for display only."""
    payers: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    response_state: Mapped[str] = mapped_column(String(12))
    response_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    response_seconds: Mapped[int | None] = mapped_column(Integer)
    repair_state: Mapped[str] = mapped_column(String(12))
    repair_seconds: Mapped[int] = mapped_column(Integer)
    """Counted time in the contract view."""
    provider_repair_state: Mapped[str] = mapped_column(String(12))
    provider_repair_seconds: Mapped[int] = mapped_column(Integer)
    backup_state: Mapped[str | None] = mapped_column(String(12))
    major_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    slots_owed: Mapped[int] = mapped_column(Integer, default=0)
    slots_on_time: Mapped[int] = mapped_column(Integer, default=0)
    slots_late: Mapped[int] = mapped_column(Integer, default=0)
    slots_missed: Mapped[int] = mapped_column(Integer, default=0)
    penalty: Mapped[Decimal] = mapped_column(Money)
    verdict_version: Mapped[int] = mapped_column(Integer)
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CasePayer(Base):
    """Which payers a case touches: what a county's supervisor may see in reports."""

    __tablename__ = "sla_case_payer"
    __table_args__ = (Index("ix_sla_case_payer_payer", "payer", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("sla_case.id"), primary_key=True)
    payer: Mapped[str] = mapped_column(String(40), primary_key=True)


class CaseOutage(Base):
    """When service was down, as the newest verdict has it: what availability is counted from.

    Seconds since 1970, because a report adds them up by the hundred thousand.
    """

    __tablename__ = "sla_case_outage"
    __table_args__ = (
        Index("ix_sla_case_outage_from", "from_second"),
        Index("ix_sla_case_outage_to", "to_second"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("sla_case.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_second: Mapped[int] = mapped_column(BigInteger)
    to_second: Mapped[int | None] = mapped_column(BigInteger)
    """None while service is down."""


class CaseExclusion(Base):
    """A claim to subtract time and what became of it (第二十九条), as the newest verdict has it."""

    __tablename__ = "sla_case_exclusion"

    case_id: Mapped[int] = mapped_column(ForeignKey("sla_case.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    claim: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(20))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    """Who wrote the decision into the log."""


class VerdictRecord(Base):
    """One verdict, kept for ever; a new version is written whenever the outcome changes."""

    __tablename__ = "sla_verdict"
    __table_args__ = (UniqueConstraint("case_id", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("sla_case.id"))
    version: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    cause: Mapped[str] = mapped_column(String(60))
    """What led to it: an event's type or a deadline's clock."""
    digest: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(Text)
    """The verdict as canonical JSON."""


for _table in (VerdictRecord.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
