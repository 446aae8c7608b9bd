"""Tables of incidents: the event log is the truth, the incident row a projection of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime
from kernel.db.appendonly import append_only


class Incident(Base):
    """A fault, with what lists need to know; everything here can be rebuilt from its events."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_open", "closed", "id"),
        Index("ix_incident_started", "started_at", "id"),
        Index("ix_incident_state", "state", "id"),
        Index("ix_incident_awaiting", "awaiting", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    contract: Mapped[str] = mapped_column(String(64))
    """Digest of the contract version this incident is judged by."""
    drill: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(20))
    closed: Mapped[int] = mapped_column(Integer, default=0)
    """1 when nothing more is expected: closed, merged or false alarm."""
    fault_class: Mapped[str] = mapped_column(String(40))
    modules: Mapped[Any] = mapped_column(JsonText)
    payers: Mapped[Any] = mapped_column(JsonText)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    major_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reporter: Mapped[str | None] = mapped_column(String(120))
    """Who reported it and may be answered: a name, a telephone number."""
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    awaiting: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How many of party B's requests party A has not decided."""


class IncidentPayer(Base):
    """Which payers an incident has ever touched: what a county's supervisor may see."""

    __tablename__ = "incident_payer"
    __table_args__ = (Index("ix_incident_payer_payer", "payer", "incident_id"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    payer: Mapped[str] = mapped_column(String(40), primary_key=True)


class IncidentCause(Base):
    """What an incident is about, as alerts name it: `module:…`, `line:…`, `host:…`, `name:…`.

    `last_at` is when it was last told of, so that a look-up reads recent faults only.
    """

    __tablename__ = "incident_cause"
    __table_args__ = (Index("ix_incident_cause_cause", "cause", "last_at"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    cause: Mapped[str] = mapped_column(String(120), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IncidentEvent(Base):
    """Something that happened, never changed. `at` is when it was, `recorded_at` when it was told."""

    __tablename__ = "incident_event"
    __table_args__ = (UniqueConstraint("incident_id", "seq"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    type: Mapped[str] = mapped_column(String(40))
    text: Mapped[str | None] = mapped_column(Text)
    data: Mapped[Any] = mapped_column(JsonText)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Broadcast(Base):
    """A slot of the half-hourly grid (第十六条), or the closing broadcast of a grid."""

    __tablename__ = "broadcast"
    __table_args__ = (
        UniqueConstraint("incident_id", "due_at", "slot"),
        Index("ix_broadcast_state", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    grid: Mapped[int] = mapped_column(Integer)
    slot: Mapped[int] = mapped_column(Integer)
    """0, 1, 2 …; -1 is the closing broadcast."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reached_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last recipient was reached outside the platform or had opened it."""
    automatic: Mapped[int] = mapped_column(Integer, default=0)
    text: Mapped[Any] = mapped_column(JsonText)
    """Prepared words: impact, progress, next_step, expected; empty until somebody writes them."""
    author: Mapped[str | None] = mapped_column(String(80))


for _table in (IncidentEvent.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
