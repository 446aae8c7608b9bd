"""The run table: how each job is doing, one row a job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, UtcDateTime


class JobState(Base):
    """The latest runs of a job, over all workers."""

    __tablename__ = "job_state"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lateness: Mapped[float] = mapped_column(Float)
    """Seconds between the schedule and the latest start."""
    done: Mapped[int] = mapped_column(Integer)
    """How many things the latest run dealt with."""
    failures: Mapped[int] = mapped_column(Integer)
    """Failed runs in a row."""
    error: Mapped[str | None] = mapped_column(String(300))
