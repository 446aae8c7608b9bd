"""Gauges of drills: what runs, what needs people, what the last ones measured, and whether one is owed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drills import rules
from drills.models import Drill
from kernel.platform import Platform
from sla import pinned
from sla.obligations import service as obligations
from sla.obligations.rules import overdue

REMEMBERED = 200
"""So many drills back the last measurement of a scenario is looked for."""
Set = Callable[..., None]


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics: a state without drills is 0; what nobody measured is not there."""
    now, gauge = platform.clock.now(), platform.metrics.gauge
    contract = pinned.in_force(platform)
    with platform.db.read() as session:
        _states(session, gauge)
        _measured(_held(session), gauge)
        _age(session, now, gauge)
        owed = [o for o in obligations.current(session, contract, now) if o.duty.kind == "drill"]
    gauge(
        "shoushi_drills_missed", "Drills that the contract demands and nobody held", float(len(overdue(owed)))
    )


def _states(session: Session, gauge: Set) -> None:
    wanted = select(Drill.state, func.count()).where(Drill.state.in_(rules.ACTIVE)).group_by(Drill.state)
    known = dict(session.execute(wanted).tuples().all())
    for state in rules.ACTIVE:
        what = "Drills that hold machines; rollback_failed needs people"
        gauge("shoushi_drills", what, float(known.get(state, 0)), state=state)


def _held(session: Session) -> Sequence[Drill]:
    wanted = select(Drill).where(Drill.ended_at.is_not(None)).order_by(Drill.ended_at.desc(), Drill.id.desc())
    return session.scalars(wanted.limit(REMEMBERED)).all()


def _measured(held: Sequence[Drill], gauge: Set) -> None:
    """Say the last measurement of each scenario and outcome."""
    for drill in reversed(held):
        found = drill.result or {}
        named = {"scenario": drill.scenario, "outcome": drill.outcome}
        if found.get("rto") is not None:
            what = "Recovery time that the last drill measured"
            gauge("shoushi_drill_rto_seconds", what, float(found["rto"]), **named)
        if found.get("lost_rows") is not None:
            what = "Acknowledged rows that the last drill lost"
            gauge("shoushi_drill_lost_rows", what, float(found["lost_rows"]), **named)


def _age(session: Session, now: datetime, gauge: Set) -> None:
    wanted = select(func.max(Drill.ended_at)).where(Drill.outcome.in_((rules.COMPLETED, rules.FAILED)))
    last = session.scalar(wanted.where(Drill.state.in_(rules.HELD)))
    if last is not None:
        age = max(0.0, (now - last).total_seconds())
        gauge("shoushi_drill_last_age_seconds", "Since the last drill that was held to its end", age)
