"""The auditor of deadlines: one regression must not silence every clock (incidents.md §1).

Every minute it compares what each open incident should have armed with what stands in the table. What is
missing is armed at once, and operations are told, because it means that a change forgot to.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from incidents import log
from incidents.armed import deadlines
from incidents.models import Incident
from kernel import audit
from kernel.identity.directory import people_with_role
from kernel.outbox import enqueue
from kernel.outbox.personal import Letter, to_each
from kernel.platform import Platform
from sla import pinned
from sla.deadlines import arm
from sla.deadlines.models import ARMED, FIRED, Deadline
from sla.verdict import judge

AT_WORK = timedelta(seconds=60)
logger = logging.getLogger(__name__)


def check_unarmed(platform: Platform) -> int:
    """Find and arm deadlines that open incidents lack; returns how many incidents lacked any."""
    with platform.db.read() as session:
        suspects = sorted(_lacking(platform, session, session.scalars(_open()).all()))
    for incident_id in suspects:
        with platform.db.write("watchdog") as session:
            incident = session.scalar(_open().where(Incident.id == incident_id).with_for_update())
            if incident is not None and (missing := _lacking(platform, session, [incident])):
                _mend(platform, session, incident, missing[incident.id])
    platform.metrics.gauge(
        "shoushi_incidents_unarmed", "Open incidents that lacked a deadline at the last check", len(suspects)
    )
    return len(suspects)


def _open() -> Select[tuple[Incident]]:
    return select(Incident).where(Incident.closed == 0).order_by(Incident.id)


def _lacking(platform: Platform, session: Session, incidents: Sequence[Incident]) -> dict[int, list[str]]:
    """Name the clocks and rungs that should be armed and neither are nor have fired, by incident.

    Where something is due this very moment the engine is about to act, and to arm what follows; it is asked
    about again next time. The number of statements does not grow with the incidents.
    """
    now, ids = platform.clock.now(), [incident.id for incident in incidents]
    contracts = {digest: pinned.version(session, digest) for digest in {i.contract for i in incidents}}
    events, rows = log.load(session, ids), _deadlines(session, ids)
    found: dict[int, list[str]] = {}
    for incident in incidents:
        mine, known_events = rows.get(incident.id, []), events[incident.id]
        if any(row.state == ARMED and now - AT_WORK < row.wake_at <= now for row in mine):
            continue
        contract = contracts[incident.contract]
        wanted = deadlines(contract, judge(contract, known_events, now), known_events, now)
        known = {(row.clock, row.rung, row.due_at) for row in mine}
        if missing := [f"{w.clock}:{w.rung}" for w in wanted if (w.clock, w.rung, w.due_at) not in known]:
            found[incident.id] = missing
    return found


def _deadlines(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return what is armed or has fired, by incident."""
    columns = (Deadline.subject_id, Deadline.clock, Deadline.rung, Deadline.due_at, Deadline.state)
    wanted = select(*columns, Deadline.wake_at).where(
        Deadline.subject == "incident",
        Deadline.subject_id.in_(ids),
        Deadline.state.in_((ARMED, FIRED)),
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(wanted):
        found.setdefault(row.subject_id, []).append(row)
    return found


def _mend(platform: Platform, session: Session, incident: Incident, missing: list[str]) -> None:
    now = platform.clock.now()
    contract = pinned.version(session, incident.contract)
    events = log.load(session, [incident.id])[incident.id]
    arm(session, now, "incident", incident.id, deadlines(contract, judge(contract, events, now), events, now))
    logger.error("incident %s lacked deadlines: %s", incident.number, ", ".join(missing))
    audit.record(session, now, "deadline.unarmed", f"incident:{incident.number}", {"missing": missing})
    title = f"【期限缺失】{incident.number} 已自动补上"
    body = f"{incident.number} {incident.title}\n缺少的期限：{'、'.join(missing)}"
    once, ref = f"unarmed:{incident.id}:{now:%Y%m%d%H}", f"incident:{incident.number}"
    told = people_with_role(session, now, ("ops",))
    letter = Letter(once, ref, title, body, f"/incidents/{incident.number}")
    enqueue(session, now, to_each(told, letter))
