"""By what an incident is found when the next thing about the same fault is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents.models import Incident, IncidentCause
from kernel.db.bulk import insert_later


def of_modules(modules: Iterable[str]) -> list[str]:
    """Return the modules as causes."""
    return [f"module:{key}" for key in modules]


def first(session: Session, now: datetime, incident_id: int, causes: Iterable[str]) -> None:
    """Remember what a new incident is about."""
    rows = [{"incident_id": incident_id, "cause": c, "last_at": now} for c in dict.fromkeys(causes)]
    insert_later(session, IncidentCause, rows)


def more(session: Session, now: datetime, incident_id: int, causes: Iterable[str]) -> None:
    """Remember what an incident is also about; all of it has just been told of."""
    wanted = select(IncidentCause.cause).where(IncidentCause.incident_id == incident_id)
    known = set(session.scalars(wanted))
    first(session, now, incident_id, [c for c in causes if c not in known])
    touch(session, now, [incident_id])


def touch(session: Session, now: datetime, incident_ids: Iterable[int]) -> None:
    """Note that these incidents' causes are told of again."""
    ids = sorted(set(incident_ids))
    session.execute(update(IncidentCause).where(IncidentCause.incident_id.in_(ids)).values(last_at=now))


def lasting(session: Session, causes: Iterable[str], since: datetime) -> dict[str, int]:
    """Return, for each cause told of since then, the newest incident that still lasts."""
    wanted = (
        select(IncidentCause.cause, Incident.id)
        .join(Incident, Incident.id == IncidentCause.incident_id)
        .where(IncidentCause.cause.in_(sorted(set(causes))), IncidentCause.last_at >= since)
        .where(Incident.closed == 0, Incident.restored_at.is_(None), Incident.drill == 0)
        .order_by(Incident.id)
    )
    return {row.cause: row.id for row in session.execute(wanted)}
