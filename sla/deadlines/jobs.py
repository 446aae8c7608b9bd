"""What the worker calls."""

from __future__ import annotations

from kernel import bus
from kernel.platform import Platform
from sla.deadlines import engine, watch


def tick(platform: Platform) -> int:
    """Beat, let everybody know of blind time, then fire what is due; in this order, so that deadlines which
    fell into blind time are judged as unobserved from the start.
    """
    if watch.beat(platform):
        bus.dispatch(platform)
    return engine.fire(platform)
