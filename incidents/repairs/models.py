"""Tables of repairs: where a repair may be run, and each time that one was asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime


class RepairTarget(Base):
    """A repair set up in calm hours: on which hosts, with which variables, for which modules."""

    __tablename__ = "repair_target"
    __table_args__ = (Index("ix_repair_target_repair", "retired", "repair"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    repair: Mapped[str] = mapped_column(String(40))
    modules: Mapped[Any] = mapped_column(JsonText)
    """Keys of the contract's modules it belongs to; an empty list for every module."""
    inventory: Mapped[str] = mapped_column(Text)
    values: Mapped[Any] = mapped_column(JsonText)
    """Variables that differ from the repair's own."""
    retired: Mapped[int] = mapped_column(Integer, default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(80))


class RepairRun(Base):
    """One execution: what was asked for is copied here, so that later changes cannot touch it."""

    __tablename__ = "repair_run"
    __table_args__ = (
        Index("ix_repair_run_incident", "incident_id", "id"),
        Index("ix_repair_run_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("repair_target.id"))
    target: Mapped[str] = mapped_column(String(80))
    repair: Mapped[str] = mapped_column(String(40))
    checksum: Mapped[str] = mapped_column(String(64))
    inventory: Mapped[str] = mapped_column(Text)
    values: Mapped[Any] = mapped_column(JsonText)
    frozen: Mapped[str] = mapped_column(String(64))
    """SM3 of content, inventory and variables: what the approval covers."""
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_name: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_name: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_text: Mapped[str | None] = mapped_column(Text)
    stopped_by: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float | None] = mapped_column(Float)
    result: Mapped[Any] = mapped_column(JsonText, default=None)
    """Status, message, what was measured, and every task with host, end and seconds."""
    holder: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
