"""The event log: append, read, and hand to the rules as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import IncidentEvent
from kernel import audit
from kernel.crypto import canonical_json, sm3_hex
from kernel.db import table_of
from kernel.db.bulk import insert_later
from kernel.db.prepared import Listed
from kernel.web.i18n import gettext
from kernel.web.worded import shown
from sla.events import EVENT_TYPES, Event

EVENT_ACTION = "incident.event"


class Who(NamedTuple):
    """Who did it, as the log keeps it."""

    username: str
    display_name: str


PLATFORM = Who("platform", "平台")
OURS = (PLATFORM.username, "conductor", "repair")
"""Who is nobody, the processes of drills and repairs too: their names and words are ours to translate."""


def append(
    session: Session,
    now: datetime,
    incident_id: int,
    number: str,
    events: Sequence[Event],
    who: Who,
) -> list[dict[str, Any]]:
    """Write events to the log and their digests to the audit chain; returns the rows."""
    rows = [row_of(incident_id, event, who, now) for event in events]
    insert_later(session, IncidentEvent, rows)
    for row in rows:
        detail = {"type": row["type"], "at": row["at"], "digest": event_digest(row)}
        audit.record(session, now, EVENT_ACTION, f"incident:{number}#{row['seq']}", detail)
    return rows


def row_of(incident_id: int, event: Event, who: Who, now: datetime) -> dict[str, Any]:
    """Return the event as a row; its text has a column of its own."""
    data = {k: v for k, v in event.data.items() if k != "text" and v is not None}
    return {
        "incident_id": incident_id,
        "seq": event.seq,
        "at": event.at,
        "type": event.type,
        "text": event.data.get("text"),
        "data": plain(data),
        "actor": who.username,
        "actor_name": who.display_name,
        "recorded_at": now,
    }


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with times as ISO text, as JSON keeps them."""
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in data.items()}


def event_digest(row: Mapping[str, Any]) -> str:
    """Return the SM3 of an event's content, as the audit chain keeps it."""
    content = {k: row[k] for k in ("seq", "at", "type", "text", "data", "actor", "actor_name", "recorded_at")}
    return sm3_hex(canonical_json(content))


def text(row: IncidentEvent) -> str | None:
    """Return an event's text in the reader's language; what a person wrote stays as it was written."""
    return shown(row.text, row.data, ours=row.actor in OURS)


def name(row: IncidentEvent) -> str:
    """Return who an event is from."""
    return gettext(row.actor_name) if row.actor in OURS else row.actor_name or row.actor


def rows_of(session: Session, incident_id: int) -> list[IncidentEvent]:
    """Return an incident's log in the order it was written."""
    wanted = select(IncidentEvent).where(IncidentEvent.incident_id == incident_id).order_by(IncidentEvent.seq)
    return list(session.scalars(wanted))


class _Logged(NamedTuple):
    """What the rules need to know of a row."""

    incident_id: int
    seq: int
    at: datetime
    type: str
    text: str | None
    data: Any


_LOG = table_of(IncidentEvent)
_LOGGED = Listed(
    lambda ids: select(*(_LOG.c[name] for name in _Logged._fields)).where(_LOG.c.incident_id.in_(ids)),
    _LOG.c.incident_id.type,
    gathered=True,
)


def load(session: Session, incident_ids: Iterable[int]) -> dict[int, list[Event]]:
    """Return the events of many incidents as values, in one query, ordered by time."""
    found: dict[int, list[Event]] = {i: [] for i in incident_ids}
    for row in map(_Logged._make, _LOGGED.rows(session, list(found))):
        found[row.incident_id].append(to_event(row))
    for events in found.values():
        events.sort(key=lambda e: (e.at, e.seq))
    return found


_TIMES = {kind: [f.name for f in spec.fields if f.kind == "time"] for kind, spec in EVENT_TYPES.items()}
"""Which fields of a type are times; any other field is kept as it was sent, whatever its name."""


def to_event(row: Any) -> Event:
    """Return a stored row as the rules' value."""
    data = dict(row.data or {})
    for key in _TIMES[row.type]:
        if isinstance(data.get(key), str):
            data[key] = datetime.fromisoformat(data[key])
    if row.text is not None:
        data["text"] = row.text
    return Event(row.at, row.type, data, row.seq)
