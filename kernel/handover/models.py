"""Handovers that were asked for by page and made in the background."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime

QUEUED, RUNNING, DONE, FAILED, EXPIRED = "queued", "running", "done", "failed", "expired"
STATE_LABELS = {
    QUEUED: "等待开始",
    RUNNING: "正在生成",
    DONE: "可以下载",
    FAILED: "未能完成",
    EXPIRED: "下载已过期",
}


class HandoverRequest(Base):
    """One handover: who asked for it and why, how far it is, and until when it can be fetched."""

    __tablename__ = "handover_request"
    __table_args__ = (Index("ix_handover_request_state", "state", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    written: Mapped[int] = mapped_column(Integer, default=0)
    """How many files of it are written."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    size: Mapped[int | None] = mapped_column(Id)
    digest: Mapped[str | None] = mapped_column(String(64))
    records: Mapped[int | None] = mapped_column(Id)
    error: Mapped[str | None] = mapped_column(Text)
