"""What the worker calls."""

from __future__ import annotations

import logging

from kernel import bus
from kernel.platform import Platform
from sla.deadlines import engine, watch

log = logging.getLogger(__name__)


def tick(platform: Platform) -> int:
    """Beat, let everybody know of blind time, then fire what is due; in this order, so that deadlines which
    fell into blind time are judged as unobserved from the start. A long catch-up beats between its batches.
    """
    total = 0
    while True:
        if watch.beat(platform):
            _tell(platform)
        fired = engine.fire_batch(platform)
        total += fired
        if not fired:
            return total


def _tell(platform: Platform) -> None:
    try:
        bus.dispatch(platform)
    except bus.SubscriberFailed:
        log.exception("blind time is not yet in every log; the bus will try again")
