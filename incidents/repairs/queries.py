"""Reads of repairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.queries import find_visible, visible
from incidents.repairs import service
from incidents.repairs.models import RepairRun
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from playbooks.inventory import Host

PAGE = 50


class Detail(NamedTuple):
    """A run with the incident it belongs to and the machines it works on."""

    run: RepairRun
    incident: Incident
    hosts: list[Host]


def detail(session: Session, actor: Actor, number: str) -> Detail:
    """Return a run; 404 when there is none, or when the actor may not see its incident."""
    run = service.find(session, number)
    incident = find_visible(session, actor, service.incident_of(session, run).number)
    return Detail(run, incident, service.hosts_of(run))


def of_incident(session: Session, incident_id: int) -> Sequence[RepairRun]:
    """Return an incident's runs, the newest first."""
    wanted = select(RepairRun).where(RepairRun.incident_id == incident_id)
    return session.scalars(wanted.order_by(RepairRun.id.desc()).limit(50)).all()


def listing(
    session: Session, actor: Actor, cursor: str | None = None, limit: int = PAGE
) -> tuple[Sequence[Any], str | None]:
    """Return a page of (run, incident, title), the newest first, and the next page's cursor."""
    wanted = (
        select(RepairRun, Incident.number.label("incident"), Incident.title)
        .join(Incident, Incident.id == RepairRun.incident_id)
        .where(visible(actor))
    )
    if cursor:
        if not cursor.isdecimal():
            raise Invalid.field("cursor", "翻页标记无效，请从第一页开始。")
        wanted = wanted.where(RepairRun.id < int(cursor))
    rows = session.execute(wanted.order_by(RepairRun.id.desc()).limit(limit + 1)).all()
    following = str(rows[limit - 1].RepairRun.id) if len(rows) > limit else None
    return rows[:limit], following
