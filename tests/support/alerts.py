"""Short ways to let alerts arrive at a world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from incidents.intake import service
from incidents.intake.models import AlertRow
from incidents.intake.rules import RESOLVED, Alert
from tests.support.world import World


def alert(name: str = "DocumentsDown", **more: Any) -> Alert:
    """Return a firing alert about the documents of the city."""
    fields: dict[str, Any] = {"source": "prometheus", "title": name, "module": "documents", "payer": "city"}
    labels = {"alertname": name} | more.pop("labels", {})
    return Alert(**(fields | {"labels": labels} | more))


def resolved(name: str = "DocumentsDown", **more: Any) -> Alert:
    """Return the same alert, over."""
    return alert(name, status=RESOLVED, **more)


def receive(world: World, *alerts: Alert) -> list[str]:
    """Let alerts arrive; returns the numbers of their incidents."""
    with world.platform.db.write("monitor") as session:
        return service.receive(world.platform, session, world.now, alerts)


def rows(world: World) -> Sequence[AlertRow]:
    """Return all alerts, the oldest first."""
    with world.platform.db.read() as session:
        return session.scalars(select(AlertRow).order_by(AlertRow.id)).all()


def notes(world: World, number: str) -> list[str]:
    """Return the notes in an incident's log."""
    return [str(e.data["text"]) for e in world.events(number) if e.type == "note"]
