"""What the worker calls: claim, send outside any transaction, note the outcome."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from kernel import feed
from kernel.outbox import alarm, service
from kernel.outbox.channels import Channel, Outcome
from kernel.outbox.models import Message
from kernel.platform import Platform

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=90)
"""How long a claimed message is ours alone. Attempts begin in its first half, so that none outlives it."""
NOTE_WITHIN = 0.2
"""Seconds of deliveries whose outcomes are noted in one commit; killed before it, we send those again."""


def deliver(platform: Platform) -> int:
    """Deliver all that is due by every channel, one channel after the other; returns how many attempts."""
    total = 0
    while channels := _due_channels(platform):
        total += sum(deliver_by(platform, channel) for channel in channels)
    return total


def deliver_by(platform: Platform, channel: str) -> int:
    """Deliver what is due by one channel, batch after batch; returns how many attempts were made."""
    lease = LEASE * platform.clock.speed  # a rehearsal's clock runs faster than the mail server
    total = 0
    while not platform.stopping.is_set() and service.is_due(
        platform.db.lookout, platform.clock.now(), channel
    ):
        with platform.db.write("outbox") as session:
            now = platform.clock.now()
            batch = service.claim(session, now, lease, channel)
        if not batch:
            break
        total += _deliver_batch(platform, platform.channels.get(channel), batch, now + lease / 2)
    return total


email, sms, wecom, dingtalk, webhook = (
    partial(deliver_by, channel=name) for name in ("email", "sms", "wecom", "dingtalk", "webhook")
)
"""A job each: a channel whose receivers hang delays no other."""


def _due_channels(platform: Platform) -> list[str]:
    with platform.db.read() as session:
        return service.due_channels(session, platform.clock.now())


def _deliver_batch(
    platform: Platform, channel: Channel | None, messages: list[Message], until: datetime
) -> int:
    """Try the messages; those not begun by `until` come due again when their lease ends."""
    done = 0
    noted = platform.clock.monotonic()
    waiting: list[_Delivery] = []
    with closing(_outcomes(channel, messages)) as outcomes:
        for message, outcome in outcomes:
            waiting.append(_Delivery(platform.clock.now(), message, outcome))
            if platform.clock.monotonic() - noted >= NOTE_WITHIN * platform.clock.speed:
                done += _note(platform, waiting)
                noted = platform.clock.monotonic()
            if platform.clock.now() >= until:
                break
    return done + _note(platform, waiting)


def _outcomes(
    channel: Channel | None, messages: list[Message]
) -> Generator[tuple[Message, Outcome], None, None]:
    if channel is None:
        yield from ((m, Outcome(False, "no such channel", permanent=True)) for m in messages)
        return
    left = {m.id: m for m in messages}
    try:
        for message, outcome in channel.deliver(messages):
            del left[message.id]
            yield message, outcome
    except Exception as error:
        log.exception("a channel raised instead of answering")
        yield from ((m, Outcome(False, f"{type(error).__name__}: {error}")) for m in left.values())


class _Delivery(NamedTuple):
    at: datetime
    message: Message
    outcome: Outcome


def _note(platform: Platform, found: list[_Delivery]) -> int:
    """Write down what became of the messages and when, in one commit, and forget them; returns how many."""
    if not found:
        return 0
    with platform.db.write("outbox") as session:
        sent = [(at, message, outcome.answer) for at, message, outcome in found if outcome.ok]
        service.note_sent(session, sent)
        for at, message, outcome in found:
            if not outcome.ok:
                dead = service.note_failed(session, at, message, outcome.answer, permanent=outcome.permanent)
                alarm.raise_for(platform, session, at, message, outcome.answer, dead=dead)
                feed.announce(session, at, "ops", "/outbox")
    for _at, message, outcome in found:
        platform.metrics.outbox(message.channel, ok=outcome.ok)
    number = len(found)
    found.clear()
    return number
