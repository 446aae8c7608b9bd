"""Telling something upward: an event row in the transaction, handed to the subscribers afterwards.

Subscribers are named in the manifests and wired in app.py. Each is called as `(platform, session, payload)`
in one transaction with the row's completion, so it happens once, or again after a crash, never half.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db import Base, Id, JsonText, UtcDateTime
from kernel.manifest import resolve
from kernel.platform import Platform

log = logging.getLogger(__name__)


class BusEvent(Base):
    """Something that happened and that others want to know."""

    __tablename__ = "bus_event"
    __table_args__ = (Index("ix_bus_event_done", "done_at", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[Any] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SubscriberFailed(Exception):
    """Some events could not be handed over; the log says why."""


_WAITING = select(BusEvent.id).where(BusEvent.done_at.is_(None)).order_by(BusEvent.id)


def publish(session: Session, now: datetime, topic: str, payload: Mapping[str, Any]) -> None:
    """Write the event into the transaction."""
    session.execute(insert(BusEvent), {"topic": topic, "payload": dict(payload), "created_at": now})


def dispatch(platform: Platform) -> int:
    """Hand waiting events to their subscribers; returns how many.

    An event whose subscriber fails stays and is tried again next time; it delays no other. When any failed,
    the first error is raised in the end, so that the job is seen to fail.
    """
    with platform.db.read() as session:
        waiting = session.scalars(_WAITING).all()
    failures: list[Exception] = []
    for event_id in waiting:
        try:
            _hand_over(platform, event_id)
        except Exception as error:
            log.exception("bus event %s: a subscriber failed", event_id)
            failures.append(error)
    if failures:
        raise SubscriberFailed(f"{len(failures)} of {len(waiting)} events") from failures[0]
    return len(waiting)


def _hand_over(platform: Platform, event_id: int) -> None:
    with platform.db.write("bus") as session:
        event = session.get(BusEvent, event_id, with_for_update={"skip_locked": True})
        if event is None or event.done_at is not None:
            return
        for manifest in platform.catalogue.manifests:
            for topic, handler in manifest.subscribers:
                if topic == event.topic:
                    resolve(handler)(platform, session, event.payload)
        event.done_at = platform.clock.now()
