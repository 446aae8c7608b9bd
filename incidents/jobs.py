"""What the worker calls: deadlines that are due, blind time, gauges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents import follow, log
from incidents.models import Incident
from incidents.oncall import service as oncall
from kernel.db import table_of
from kernel.db.objects import object_of
from kernel.db.prepared import Listed
from kernel.platform import Platform
from sla import pinned
from sla.events import Event
from sla.ladder import CALL

BLIND_WORDS = {
    "platform_down": "平台未观测：平台停机",
    "clock_jump": "平台未观测：时钟跳变",
    "clock_back": "平台未观测：时钟倒退",
}


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Deadlines of incidents are due: judge each touched incident once; everything else follows from that."""
    due: dict[int, list[Any]] = {}
    for row in rows:
        due.setdefault(row.subject_id, []).append(row)
    calls = {incident for incident, its in due.items() if all(row.clock == CALL for row in its)}
    incidents = _locked(session, due, calls)
    events = log.load(session, due)
    judged = []
    for incident in incidents:
        contract = pinned.version(session, incident.contract)
        known, last = events[incident.id], due[incident.id][-1]
        if incident.id in calls:
            verdict = follow.called(session, now, incident, contract, known)
        else:
            cause = f"due:{last.clock}:{last.rung}"
            verdict = follow.changed(platform, session, now, incident, contract, known, cause=cause)
        judged.append(oncall.Due(incident, verdict, known, due[incident.id]))
    oncall.on_rungs(platform, session, now, judged)


_INCIDENT = table_of(Incident)
_LOCKED = Listed(
    lambda ids: select(_INCIDENT).where(_INCIDENT.c.id.in_(ids)).order_by(_INCIDENT.c.id).with_for_update(),
    _INCIDENT.c.id.type,
    gathered=True,
)


def _locked(session: Session, ids: Collection[int], to_read: Collection[int]) -> list[Incident]:
    """Lock incidents in one order; those in `to_read` come as objects that no session keeps in step."""
    rows = (dict(zip(_INCIDENT.columns.keys(), row, strict=True)) for row in _LOCKED.rows(session, list(ids)))
    found = {row["id"]: object_of(Incident, row) for row in rows}
    if to_change := [number for number in found if number not in to_read]:
        known = session.scalars(select(Incident).where(Incident.id.in_(to_change)))
        found |= {incident.id: incident for incident in known}
    return [found[number] for number in sorted(found)]


def on_blind_time(platform: Platform, session: Session, payload: Mapping[str, Any]) -> None:
    """Write the blind interval into the log of every incident that was open in it (contract.md §2.15)."""
    now = platform.clock.now()
    start, end = (datetime.fromisoformat(payload[k]) for k in ("from", "to"))
    wanted = select(Incident).where(Incident.closed == 0, Incident.started_at <= end).order_by(Incident.id)
    incidents = session.scalars(wanted.with_for_update()).all()
    events = log.load(session, [i.id for i in incidents])
    for incident in incidents:
        known = events[incident.id]
        seq = max(e.seq for e in known)
        text = BLIND_WORDS.get(payload["reason"], "平台未观测")
        blind = [
            Event(max(start, incident.started_at), "blind_from", {"text": text}, seq + 1),
            Event(end, "blind_to", {"text": text}, seq + 2),
        ]
        log.append(session, now, incident.id, incident.number, blind, log.PLATFORM)
        contract = pinned.version(session, incident.contract)
        follow.changed(platform, session, now, incident, contract, known + blind, cause="blind_time")


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics."""
    with platform.db.read() as session:
        rows = session.execute(
            select(Incident.fault_class, func.count())
            .where(Incident.closed == 0, Incident.drill == 0)
            .group_by(Incident.fault_class)
        ).all()
    for fault_class in pinned.in_force(platform).fault_classes:
        number = next((n for key, n in rows if key == fault_class), 0)
        platform.metrics.gauge(
            "shoushi_incidents_open", "Incidents not yet closed", float(number), fault_class=fault_class
        )
