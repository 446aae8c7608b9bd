"""Is the event log still what was written? Every event's digest is in the audit chain."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.log import EVENT_ACTION, event_digest
from incidents.models import Incident, IncidentEvent
from kernel.audit.attest import compare


def check_events(session: Session) -> Iterator[str]:
    """Yield every event that was altered, added or removed."""
    columns = [c for c in IncidentEvent.__table__.columns if c.name not in ("id", "incident_id")]
    wanted = select(Incident.number, *columns).join(Incident, Incident.id == IncidentEvent.incident_id)
    found = session.execute(wanted.execution_options(yield_per=1000))
    return compare(
        session,
        EVENT_ACTION,
        ((f"incident:{row.number}#{row.seq}", event_digest(row._asdict())) for row in found),
    )
