"""The deadline engine and its blindness as metrics, from tables, so that every process shows the same."""

from __future__ import annotations

from sqlalchemy import func, select

from kernel.platform import Platform
from sla.deadlines.models import ARMED, BlindTime, Deadline, Heartbeat
from sla.deadlines.watch import AUDIT, ENGINE
from sla.intervals import measured, united


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics; what has never happened yet (an audit, a beat) has no value."""
    now, gauge = platform.clock.now(), platform.metrics.gauge
    armed = Deadline.state == ARMED
    with platform.db.read() as session:
        count, first = session.execute(
            select(func.count(), func.min(Deadline.due_at)).where(armed, Deadline.due_at < now)
        ).one()
        waiting = session.scalar(select(func.count()).select_from(Deadline).where(armed))
        beats = dict(session.execute(select(Heartbeat.name, Heartbeat.at)).tuples().all())
        blind = session.execute(select(BlindTime.from_at, BlindTime.to_at)).tuples().all()
    gauge("shoushi_deadlines_armed", "Armed deadlines", float(waiting or 0))
    gauge("shoushi_deadlines_overdue", "Armed deadlines that are due", float(count))
    late = (now - first).total_seconds() if first else 0.0
    gauge("shoushi_deadline_overdue_seconds", "How long the first of them has been due", late)
    unseen = measured(united(blind), []).total_seconds()
    gauge("shoushi_blind_seconds", "Time that nobody watched, all told", unseen)
    for name, metric, what in (
        (ENGINE, "shoushi_engine_heartbeat_age_seconds", "Since the engine was last seen alive"),
        (AUDIT, "shoushi_deadline_audit_age_seconds", "Since all deadlines were last found in order"),
    ):
        if name in beats:
            gauge(metric, what, max(0.0, (now - beats[name]).total_seconds()))
