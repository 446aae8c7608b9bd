"""Tables of alert intake: what sources have told, each alert linked to the incident it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime


class AlertRow(Base):
    """One alert of one source in one incident; repetitions and flapping only count.

    `current` holds the key while this row is the one that the next word about the alert belongs to, and is
    null once the alert has gone on in another incident: so there is one current row a key.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_status", "status", "id"),
        Index("ix_alert_source", "source", "id"),
        Index("ix_alert_incident", "incident_id", "id"),
        Index("ix_alert_untold", "untold", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    current: Mapped[str | None] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(60))
    fingerprint: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10))
    severity: Mapped[str | None] = mapped_column(String(40))
    fault_class: Mapped[str] = mapped_column(String(40))
    rule: Mapped[str] = mapped_column(String(80))
    """The name of the rule that chose the class."""
    modules: Mapped[Any] = mapped_column(JsonText)
    payers: Mapped[Any] = mapped_column(JsonText)
    labels: Mapped[Any] = mapped_column(JsonText)
    annotations: Mapped[Any] = mapped_column(JsonText)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the present occurrence began."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    count: Mapped[int] = mapped_column(Integer)
    """How often the source has told it."""
    occurrences: Mapped[int] = mapped_column(Integer)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    told: Mapped[str] = mapped_column(String(10))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    untold: Mapped[int] = mapped_column(Integer)
