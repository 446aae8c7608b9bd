"""Tables of monitoring: what is probed, where each probe stands, and what its days were like."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Float, ForeignKey, Integer, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime
from kernel.db.appendonly import append_only


class Probe(Base):
    """Something that is asked again and again, and what its failure means."""

    __tablename__ = "probe"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    spec: Mapped[Any] = mapped_column(JsonText)
    secrets: Mapped[Any] = mapped_column(JsonText)
    """Passwords and tokens of the spec; written, never shown or handed over."""
    interval: Mapped[int] = mapped_column(Integer)
    timeout: Mapped[float] = mapped_column(Float)
    failures: Mapped[int] = mapped_column(Integer)
    recoveries: Mapped[int] = mapped_column(Integer)
    module: Mapped[str | None] = mapped_column(String(40))
    payer: Mapped[str | None] = mapped_column(String(40))
    fault_class: Mapped[str | None] = mapped_column(String(40))
    windows: Mapped[Any] = mapped_column(JsonText)
    enabled: Mapped[int] = mapped_column(Integer, default=1)
    origin: Mapped[str] = mapped_column(String(10), default="page")
    """Where it is kept: page, file (read-only on pages), own (the platform itself)."""
    beat_token: Mapped[str | None] = mapped_column(String(64), unique=True)
    """By which a heartbeat calls us."""
    version: Mapped[int] = mapped_column(Integer, default=1)


class ProbeState(Base):
    """Where a probe stands: a projection of its results, written on change and now and then."""

    __tablename__ = "probe_state"

    probe_id: Mapped[int] = mapped_column(ForeignKey("probe.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    flaps: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(300))
    seconds: Mapped[float] = mapped_column(Float)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alerted: Mapped[int] = mapped_column(Integer)
    """1 while the intake has been told that it is down and not yet that it is up."""


class ProbeOutage(Base):
    """A stretch in which a target was down, written once it was over."""

    __tablename__ = "probe_outage"
    __table_args__ = (UniqueConstraint("probe_id", "from_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    probe_id: Mapped[int] = mapped_column(ForeignKey("probe.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(String(40))


class ProbeDay(Base):
    """One local day of a probe: how often it was asked, how long somebody looked, how long it was down."""

    __tablename__ = "probe_day"

    probe_id: Mapped[int] = mapped_column(ForeignKey("probe.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    checks: Mapped[int] = mapped_column(Integer)
    failures: Mapped[int] = mapped_column(Integer)
    seconds_seen: Mapped[float] = mapped_column(Float)
    seconds_down: Mapped[float] = mapped_column(Float)


class ProbeBeat(Base):
    """When a heartbeat was heard last."""

    __tablename__ = "probe_beat"

    probe_id: Mapped[int] = mapped_column(ForeignKey("probe.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProbeRunner(Base):
    """Which process asks: one at a time, by a lease that the others may take once it has run out."""

    __tablename__ = "probe_runner"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[str] = mapped_column(String(40))
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    generation: Mapped[int] = mapped_column(Integer)
    """Rises with every edit of a probe, so that the runner knows when to read them again."""


for _table in (ProbeOutage.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
