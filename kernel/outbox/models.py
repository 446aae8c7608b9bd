"""The message table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime

QUEUED, SENT, DEAD = "queued", "sent", "dead"


class Message(Base):
    """One message to one person by one channel."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_state_next", "state", "next_at"),
        Index("ix_outbox_message_ref", "ref"),
        Index("ix_outbox_message_inbox", "person_id", "channel", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """Says the same thing once: a second enqueue with this key adds nothing."""
    ref: Mapped[str] = mapped_column(String(120))
    """What the message is about, for example "broadcast:17"."""
    channel: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str] = mapped_column(String(254))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(String(300))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    """Stays the same over all attempts, so that a receiver can drop a duplicate."""
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
