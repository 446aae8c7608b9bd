"""The table of the disclosure register."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime, table_of
from kernel.db.appendonly import append_only


class Disclosure(Base):
    """Data that left the platform as a file; written before the first byte does, never changed."""

    __tablename__ = "disclosure"
    __table_args__ = (Index("ix_disclosure_kind", "kind", "id"), Index("ix_disclosure_actor", "actor", "id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(200))
    """What was taken: a number, a range, a filter."""
    form: Mapped[str] = mapped_column(String(16))
    records: Mapped[int] = mapped_column(Id)
    size: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    """SM3 of the file as it left."""
    purpose: Mapped[str | None] = mapped_column(Text)


append_only(table_of(Disclosure))
