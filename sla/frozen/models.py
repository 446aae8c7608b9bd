"""Tables of frozen reports and of who gets them by mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime
from kernel.db.appendonly import append_only


class FrozenReport(Base):
    """One issue of a month's report. The page and the PDF are made from its figures alone."""

    __tablename__ = "sla_frozen_report"
    __table_args__ = (UniqueConstraint("period", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    period: Mapped[str] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(Integer)
    contract: Mapped[str] = mapped_column(String(64))
    figures: Mapped[str] = mapped_column(Text)
    """Canonical JSON."""
    digest: Mapped[str] = mapped_column(String(64))
    """SM3 of the figures, printed at the foot of every page."""
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was issued again; None for the first issue."""


class ReportSubscription(Base):
    """Who gets each monthly report by mail when it is frozen."""

    __tablename__ = "sla_report_subscription"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


for _table in (FrozenReport.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
