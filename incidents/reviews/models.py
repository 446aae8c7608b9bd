"""Tables of reviews: the entries are the truth, the rows of reviews and action items their projection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime, table_of
from kernel.db.appendonly import append_only


class Review(Base):
    """The review of one closed incident."""

    __tablename__ = "review"
    __table_args__ = (
        Index("ix_review_state", "state", "id"),
        Index("ix_review_closed", "closed_at", "id"),
        Index("ix_review_cause", "cause", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), unique=True)
    required: Mapped[int] = mapped_column(Integer)
    """1 for major and missed incidents; other reviews are written freely and have no deadline."""
    state: Mapped[str] = mapped_column(String(12))
    cause: Mapped[str | None] = mapped_column(String(24))
    content: Mapped[Any] = mapped_column(JsonText)
    """What was last submitted."""
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)


class ReviewModule(Base):
    """The modules of a review's incident: where causes repeat themselves."""

    __tablename__ = "review_module"
    __table_args__ = (Index("ix_review_module_module", "module", "review_id"),)

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    module: Mapped[str] = mapped_column(String(40), primary_key=True)


class ReviewAction(Base):
    """Something that somebody has to do so that the fault does not come back."""

    __tablename__ = "review_action"
    __table_args__ = (
        UniqueConstraint("review_id", "seq"),
        Index("ix_review_action_owner", "owner_id", "state", "due_at"),
        Index("ix_review_action_state", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    seq: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(12))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None] = mapped_column(Text)
    """What shows that it was done, in the owner's words."""


class ReviewEntry(Base):
    """Something that was said or decided about a review, never changed."""

    __tablename__ = "review_entry"
    __table_args__ = (UniqueConstraint("review_id", "seq"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    seq: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(20))
    text: Mapped[str | None] = mapped_column(Text)
    data: Mapped[Any] = mapped_column(JsonText)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(table_of(ReviewEntry))
