"""Reads of alerts: a page of all that an actor may see, and those of one incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incidents import queries
from incidents.intake.models import AlertRow
from incidents.intake.rules import STATUSES
from incidents.models import Incident
from kernel.edge.inputs import demand_known
from kernel.identity.actor import Actor

PAGE = 50
OF_INCIDENT = 100
"""Alerts that the page of an incident shows; the list has them all."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is limited to; every field is also a URL parameter."""

    status: str | None = None
    source: str | None = None
    fault_class: str | None = None
    incident: str | None = None
    q: str | None = None


class Line(NamedTuple):
    """One alert with the number of its incident."""

    id: int
    title: str
    source: str
    status: str
    severity: str | None
    fault_class: str
    rule: str
    starts_at: datetime
    ended_at: datetime | None
    last_at: datetime
    times: int
    number: str | None


_LINE = [getattr(AlertRow, name) for name in Line._fields[:-2]] + [AlertRow.count, Incident.number]


def listing(
    session: Session, actor: Actor, wanted: Filter, cursor: str | None = None
) -> tuple[Sequence[Line], str | None]:
    """Return a page of alerts, the newest first, and the cursor of the next page."""
    demand_known("status", wanted.status, STATUSES)
    query = select(*_LINE).outerjoin(Incident, Incident.id == AlertRow.incident_id)
    if actor.scopes("incident.read") is not None:
        query = query.where(queries.visible(actor))
    for column, value in (
        (AlertRow.status, wanted.status),
        (AlertRow.source, wanted.source),
        (AlertRow.fault_class, wanted.fault_class),
        (Incident.number, wanted.incident),
    ):
        if value:
            query = query.where(column == value)
    if wanted.q:
        query = query.where(
            or_(AlertRow.title.contains(wanted.q, autoescape=True), AlertRow.fingerprint == wanted.q)
        )
    if cursor:
        query = query.where(AlertRow.id < queries.cursor_id(cursor))
    found = session.execute(query.order_by(AlertRow.id.desc()).limit(PAGE + 1)).all()
    rows = [Line(*row) for row in found]
    return rows[:PAGE], str(rows[PAGE - 1].id) if len(rows) > PAGE else None


def of_incident(session: Session, incident_id: int) -> Sequence[AlertRow]:
    """Return the alerts of an incident, the newest first."""
    wanted = select(AlertRow).where(AlertRow.incident_id == incident_id).order_by(AlertRow.id.desc())
    return session.scalars(wanted.limit(OF_INCIDENT)).all()
