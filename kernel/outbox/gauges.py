"""What operations watch of the outbox: how much waits, how long the oldest has waited, what died."""

from __future__ import annotations

from kernel.outbox.models import DEAD, QUEUED
from kernel.outbox.queries import backlog
from kernel.outbox.reach.rules import CHANNEL_LABELS
from kernel.platform import Platform


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics; a channel without messages says 0, so that a change can be seen."""
    now, gauge = platform.clock.now(), platform.metrics.gauge
    with platform.db.read() as session:
        found = backlog(session)
    for channel in CHANNEL_LABELS:
        for state in (QUEUED, DEAD):
            known = found.get((channel, state))
            number = float(known.number if known else 0)
            gauge("shoushi_outbox_messages", "Messages not delivered", number, channel=channel, state=state)
        oldest = found.get((channel, QUEUED))
        waited = (now - oldest.oldest).total_seconds() if oldest else 0.0
        gauge("shoushi_outbox_oldest_seconds", "Age of the oldest queued message", waited, channel=channel)
