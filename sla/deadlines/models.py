"""Tables of the deadline engine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime

ARMED, FIRED, CANCELLED = 0, 1, 2
OUTSIDE = "outside_watcher"
"""Seen by a watcher elsewhere: on record, but no ground for a verdict."""
BLIND_REASONS = {
    "platform_down": "平台停机",
    "clock_jump": "时钟跳变",
    "clock_back": "时钟倒退",
    "outside_watcher": "外部看守所见",
}


class Deadline(Base):
    """Something must have happened by `due_at`, or somebody must do something then.

    `subject` names the kind of thing ("incident"), whose handler acts when the row fires. A deadline that
    moves is cancelled and armed again under the next generation, so the history stays readable.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "clock", "rung", "generation"),
        Index("ix_deadline_state_wake", "state", "wake_at", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(Id)
    clock: Mapped[str] = mapped_column(String(40))
    rung: Mapped[str] = mapped_column(String(40))
    generation: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    wake_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Equals `due_at`, later only when the handler failed and is to be tried again."""
    state: Mapped[int] = mapped_column(Integer)
    noticed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unobserved: Mapped[int] = mapped_column(Integer, default=0)
    """1 when it fell into a time in which the platform was down or its clock wrong."""
    failures: Mapped[int] = mapped_column(Integer, default=0)


class Heartbeat(Base):
    """When the engine was last seen alive; one row a worker's kind."""

    __tablename__ = "engine_heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BlindTime(Base):
    """A time in which nobody watched: the platform was down or its clock jumped (contract.md §2.15)."""

    __tablename__ = "blind_time"
    __table_args__ = (UniqueConstraint("from_at", "to_at", "reason"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str] = mapped_column(String(40))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
