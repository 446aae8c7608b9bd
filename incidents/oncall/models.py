"""The pages that went out: one row for each person whom a rung called."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime


class OncallPage(Base):
    """A person was called because a rung of an incident's ladder came due."""

    __tablename__ = "oncall_page"
    __table_args__ = (UniqueConstraint("deadline_id", "person_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    """The rung with its generation."""
    clock: Mapped[str] = mapped_column(String(40))
    rung: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    target: Mapped[str] = mapped_column(String(10))
    """As what they were called: primary, deputy, leader, party_a, everybody."""
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the one-time link of this page was used."""
