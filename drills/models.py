"""Tables of drills: the entries are the truth, chained by hash; the drill's row is their projection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime, table_of
from kernel.db.appendonly import append_only


class Drill(Base):
    """One drill: its plan, where it stands, and who conducts it at the moment."""

    __tablename__ = "drill"
    __table_args__ = (Index("ix_drill_state", "state", "id"), Index("ix_drill_begins", "begins_at", "id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    scenario: Mapped[str] = mapped_column(String(40))
    form: Mapped[str] = mapped_column(String(16))
    fault_class: Mapped[str] = mapped_column(String(40))
    plan: Mapped[str] = mapped_column(Text)
    """The plan as YAML, exactly as it was written; what is approved is its hash."""
    author: Mapped[str] = mapped_column(String(64))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16), default="")
    seq: Mapped[int] = mapped_column(Integer, default=0)
    head: Mapped[str] = mapped_column(String(64), default="")
    """The hash of the last entry."""
    incident: Mapped[str | None] = mapped_column(String(32))
    real_incident: Mapped[str | None] = mapped_column(String(32))
    """Opened when the drill could not be undone."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[Any] = mapped_column(JsonText, default=None)
    """What was measured: rto, lost rows, criteria."""
    holder: Mapped[str | None] = mapped_column(String(80))
    """Host and process that conducts it."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DrillEntry(Base):
    """Something that happened in a drill, never changed; each hash covers the one before."""

    __tablename__ = "drill_entry"
    __table_args__ = (UniqueConstraint("drill_id", "seq"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    drill_id: Mapped[int] = mapped_column(ForeignKey("drill.id"))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(24))
    text: Mapped[str | None] = mapped_column(Text)
    data: Mapped[Any] = mapped_column(JsonText)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))


class DrillItem(Base):
    """Something to be improved: what, who, until when, and what proves it."""

    __tablename__ = "drill_item"
    __table_args__ = (
        UniqueConstraint("drill_id", "seq"),
        Index("ix_drill_item_owner", "owner_id", "state", "due_at"),
        Index("ix_drill_item_state", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    drill_id: Mapped[int] = mapped_column(ForeignKey("drill.id"))
    seq: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(12))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proof: Mapped[str | None] = mapped_column(Text)
    redrill: Mapped[str | None] = mapped_column(String(20))
    """The drill that tried the improvement."""


append_only(table_of(DrillEntry))
