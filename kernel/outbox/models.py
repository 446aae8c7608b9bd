"""The message table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.db import Base, Id, UtcDateTime

QUEUED, SENT, DEAD = STATES = "queued", "sent", "dead"


class Message(Base):
    """One message to one person by one channel."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_due", "state", "channel", "next_at"),
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
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it reached the receiver's device, as far as the channel reports that."""
    attachments: Mapped[list[MessageFile]] = relationship(
        order_by="MessageFile.place", lazy="raise", viewonly=True
    )
    """Read only by whoever delivers."""


class OutboxFile(Base):
    """What is attached, by its digest: kept once, however many get it."""

    __tablename__ = "outbox_file"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class MessageFile(Base):
    """A file attached to a message, under a name."""

    __tablename__ = "outbox_message_file"

    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(ForeignKey("outbox_file.digest"))
    file: Mapped[OutboxFile] = relationship(lazy="raise", viewonly=True)
