"""What probes saw of each module and payer in a time, for the SLA report."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.monitoring.models import Probe, ProbeDay, ProbeState
from incidents.monitoring.queries import lasting
from incidents.monitoring.rules import DOWN
from sla.report.observed import Observed

Key = tuple[str | None, str | None]


def observed(session: Session, start: datetime, end: datetime, now: datetime, zone: tzinfo) -> list[Observed]:
    """Return the seconds seen and down of each module and payer that has a probe; two queries.

    Days are the grain, and each second of each probe weighs the same. An outage that lasts counts until now.
    """
    first, last = _day(start, zone), _day(end - timedelta.resolution, zone)
    wanted = (
        select(Probe.module, Probe.payer, func.sum(ProbeDay.seconds_seen), func.sum(ProbeDay.seconds_down))
        .join(Probe, Probe.id == ProbeDay.probe_id)
        .where(ProbeDay.day >= first, ProbeDay.day <= last)
        .group_by(Probe.module, Probe.payer)
    )
    sums: dict[Key, tuple[float, float]] = {
        (module, payer): (seen, down) for module, payer, seen, down in session.execute(wanted)
    }
    open_ones = select(Probe.module, Probe.payer, ProbeState).join(Probe, Probe.id == ProbeState.probe_id)
    until = min(now, datetime.combine(last + timedelta(days=1), time(), zone))
    for module, payer, state in session.execute(
        open_ones.where(ProbeState.state == DOWN, Probe.enabled == 1)
    ):
        if (module, payer) in sums:
            seen, down = sums[module, payer]
            sums[module, payer] = seen, down + lasting(state, datetime.combine(first, time(), zone), until)
    return [Observed(module, payer, seen, min(seen, down)) for (module, payer), (seen, down) in sums.items()]


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()
