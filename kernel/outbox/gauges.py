"""What operations watch of the outbox: how much waits, how long the oldest has waited, what died."""

from __future__ import annotations

from sqlalchemy import func, select

from kernel.outbox.models import DEAD, QUEUED, Message
from kernel.outbox.reach.rules import CHANNEL_LABELS
from kernel.platform import Platform


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics; a channel without messages says 0, so that a change can be seen."""
    now = platform.clock.now()
    wanted = (
        select(Message.channel, Message.state, func.count(), func.min(Message.created_at))
        .where(Message.state.in_((QUEUED, DEAD)))
        .group_by(Message.channel, Message.state)
    )
    with platform.db.read() as session:
        found = {(row[0], row[1]): (row[2], row[3]) for row in session.execute(wanted)}
    for channel in CHANNEL_LABELS:
        for state in (QUEUED, DEAD):
            number = float(found.get((channel, state), (0, None))[0])
            platform.metrics.gauge(
                "shoushi_outbox_messages", "Messages not delivered", number, channel=channel, state=state
            )
        oldest = found.get((channel, QUEUED), (0, None))[1]
        waited = (now - oldest).total_seconds() if oldest else 0.0
        platform.metrics.gauge(
            "shoushi_outbox_oldest_seconds", "Age of the oldest queued message", waited, channel=channel
        )
