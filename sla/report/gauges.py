"""How the contract is kept this month, as metrics."""

from __future__ import annotations

from datetime import timedelta

from kernel.identity.actor import Actor
from kernel.platform import Platform
from sla import pinned
from sla.report.headline import headline

PLATFORM = Actor("system", "平台", rights={"report.read": frozenset({None})})


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics; a share of nothing has no value."""
    now, contract = platform.clock.now(), pinned.in_force(platform)
    first = now.astimezone(contract.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with platform.db.read() as session:
        head = headline(session, PLATFORM, contract, first, now + timedelta(seconds=1))
    for clock, value in (
        ("response", head.response.attainment),
        ("repair", head.repair.attainment),
        ("broadcast", head.punctuality),
    ):
        if value is not None:
            platform.metrics.gauge(
                "shoushi_attainment_percent", "Clocks met this month", float(value), clock=clock
            )
    platform.metrics.gauge(
        "shoushi_penalties_yuan", "Penalties of this month that stand", float(head.penalty_total)
    )
