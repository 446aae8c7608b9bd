"""What the worker calls: claim, send outside any transaction, note the outcome."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from kernel.outbox import service
from kernel.outbox.channels import Channel, Outcome
from kernel.outbox.models import Message
from kernel.platform import Platform

LEASE = timedelta(seconds=90)


def deliver(platform: Platform) -> int:
    """Deliver what is due, batch after batch; returns how many attempts were made."""
    lease = LEASE * platform.clock.speed  # a rehearsal's clock runs faster than the mail server
    total = 0
    while True:
        with platform.db.write("outbox") as session:
            batch = service.claim(session, platform.clock.now(), lease)
        if not batch:
            return total
        total += len(batch)
        by_channel = sorted(batch, key=lambda m: m.channel)
        for channel, messages in groupby(by_channel, key=lambda m: m.channel):
            _deliver_by(platform, platform.channels.get(channel), list(messages))


def _deliver_by(platform: Platform, channel: Channel | None, messages: list[Message]) -> None:
    if channel is None:
        outcomes = iter([(m, Outcome(False, "no such channel", permanent=True)) for m in messages])
    else:
        outcomes = iter(channel.deliver(messages))
    for message, outcome in outcomes:
        now = platform.clock.now()
        with platform.db.write("outbox") as session:
            if outcome.ok:
                service.note_sent(session, now, message, outcome.answer)
            else:
                service.note_failed(session, now, message, outcome.answer, permanent=outcome.permanent)
        platform.metrics.outbox(message.channel, ok=outcome.ok)
