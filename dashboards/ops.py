"""The ops board: what is late or dead stands first, with the button that mends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drills import queries as drills
from drills.rules import STATE_LABELS as DRILL_STATES
from incidents.monitoring import queries as probes
from incidents.monitoring.models import Probe, ProbeState
from incidents.monitoring.rules import DOWN, STATE_LABELS, STATE_TONES
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.jobs.queries import Run, runs
from kernel.outbox.models import DEAD, QUEUED
from kernel.outbox.queries import backlog, dead
from kernel.outbox.reach.rules import CHANNEL_LABELS
from kernel.web.templating import begin, render
from sla.deadlines.models import ARMED, BLIND_REASONS, BlindTime, Deadline, Heartbeat
from sla.deadlines.watch import AUDIT, ENGINE

router = PageRouter()
Reader = Annotated[Actor, Depends(require("board.ops"))]
SHOWN = 8
LATE = 60.0
"""Seconds after which something that waits is in trouble."""
AUDIT_STALE = 300.0


@router.get("/ops")
def page(request: Request, _actor: Reader, session: Read) -> Response:
    """Show the board."""
    return render(request, "dashboards/ops.html", **_board(request, session))


@router.get("/ops/live")
def live(request: Request, _actor: Reader, session: Read) -> Response:
    """Return the parts that change."""
    return render(request, "dashboards/_ops.html", **_board(request, session))


def _board(request: Request, session: Session) -> dict[str, Any]:
    platform = platform_of(request)
    now = platform.clock.now()
    begin(request)
    jobs = runs(session, platform.catalogue, now)
    known = {**_engine(session, now), **_messages(session, now), **_probes(session)}
    known |= {"jobs": jobs[:SHOWN], "job_count": len(jobs), "bad_jobs": [r for r in jobs if in_trouble(r)]}
    return known | {"now": now, "troubles": _troubles(known), "words": CHANNEL_LABELS}


def in_trouble(run: Run) -> bool:
    """Whether a job fails or has not begun in time."""
    return bool(run.state.failures) or run.overdue > LATE


def _engine(session: Session, now: datetime) -> dict[str, Any]:
    armed = select(Deadline).where(Deadline.state == ARMED)
    count = select(func.count()).select_from(Deadline).where(Deadline.state == ARMED)
    beats = dict(session.execute(select(Heartbeat.name, Heartbeat.at)).tuples().all())
    blind = select(BlindTime).where(BlindTime.to_at >= now - timedelta(days=1))
    return {
        "drills": drills.under_way(session),
        "drill_states": DRILL_STATES,
        "upcoming": session.scalars(armed.order_by(Deadline.wake_at, Deadline.id).limit(SHOWN)).all(),
        "armed": session.scalar(count) or 0,
        "late": session.scalar(count.where(Deadline.wake_at < now - timedelta(seconds=LATE))) or 0,
        "beat": beats.get(ENGINE),
        "audit": beats.get(AUDIT),
        "silent": ENGINE not in beats or _age(now, beats[ENGINE]) > LATE,
        "stale": AUDIT not in beats or _age(now, beats[AUDIT]) > AUDIT_STALE,
        "blind": session.scalars(blind.order_by(BlindTime.id.desc()).limit(SHOWN)).all(),
        "reasons": BLIND_REASONS,
    }


def _age(now: datetime, at: datetime) -> float:
    return (now - at).total_seconds()


def _messages(session: Session, now: datetime) -> dict[str, Any]:
    found = backlog(session)
    waiting = {channel: each for (channel, state), each in found.items() if state == QUEUED}
    return {
        "waiting": waiting,
        "stuck": {c: each for c, each in waiting.items() if _age(now, each.oldest) > LATE},
        "dead_count": sum(each.number for (_, state), each in found.items() if state == DEAD),
        "dead": dead(session, SHOWN),
    }


def _probes(session: Session) -> dict[str, Any]:
    wanted = select(Probe, ProbeState).join(ProbeState, ProbeState.probe_id == Probe.id)
    wanted = wanted.where(Probe.enabled == 1, ProbeState.state == DOWN)
    rows = session.execute(wanted.order_by(ProbeState.since, Probe.key).limit(SHOWN)).all()
    return {
        "counts": probes.counts(session),
        "down": [(row[0], row[1]) for row in rows],
        "states": STATE_LABELS,
        "tones": STATE_TONES,
    }


def _troubles(known: dict[str, Any]) -> int:
    """Count what somebody has to see to."""
    counted = known["late"] + known["dead_count"] + len(known["stuck"]) + len(known["bad_jobs"])
    return int(counted + known["counts"].get(DOWN, 0) + known["silent"] + known["stale"])
