"""What the worker calls."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kernel import bus
from kernel.clock import SYSTEM
from kernel.platform import Platform
from sla.deadlines import engine, watch

log = logging.getLogger(__name__)
HOLD = 0.1
"""Seconds for which a batch ought to keep others from writing: who reports a fault waits behind it."""
FIRST, FEWEST = 100, 20
"""Rows of the first batch of a turn, whose cost nobody knows yet, and rows worth a commit."""


def tick(platform: Platform) -> int:
    """Beat, let everybody know of blind time, then fire what is due; in this order, so that deadlines which
    fell into blind time are judged as unobserved from the start. A long catch-up beats between its batches,
    lets others write between them, and ends early when the worker is told to stop. A server works for one
    transaction while we prepare another: there a second thread helps to catch up, if no second worker does.
    """
    if platform.db.is_sqlite or platform.settings.worker_processes > 1:
        return _fire(platform, _look)
    _look(platform)
    fired = engine.fire_batch(platform, FIRST)
    if not fired or platform.stopping.is_set():
        return fired
    if fired < FIRST:
        return fired + _fire(platform, _look)
    with ThreadPoolExecutor(1, "catch-up") as pool:
        beside = pool.submit(_fire, platform, lambda _platform: None)
        fired += _fire(platform, _look)
        return fired + beside.result()


def _look(platform: Platform) -> None:
    if watch.beat(platform):
        _tell(platform)


def _fire(platform: Platform, look: Callable[[Platform], None]) -> int:
    """Fire what is due, batch after batch, with a look around before each; returns how many fired."""
    total, limit = 0, FIRST
    while True:
        look(platform)
        begun = SYSTEM.monotonic()
        fired = engine.fire_batch(platform, limit)
        total += fired
        if not fired or platform.stopping.is_set():
            return total
        limit = fitting(fired, SYSTEM.monotonic() - begun)


def fitting(fired: int, seconds: float) -> int:
    """Return how many rows keep others waiting for `HOLD` at most, by what `fired` rows have taken."""
    return max(FEWEST, min(engine.BATCH, int(HOLD * fired / max(seconds, 1e-6))))


def _tell(platform: Platform) -> None:
    try:
        bus.dispatch(platform)
    except bus.SubscriberFailed:
        log.exception("blind time is not yet in every log; the bus will try again")
