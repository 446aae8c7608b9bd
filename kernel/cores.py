"""One interpreter stays on one core.

Its threads take turns, so they never use two cores at once; but each turn that goes to the other core finds
none of the data it works on in that core's cache, and costs half as much again (docs/adr/0010).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from functools import cache


@cache
def allowed() -> Set[int]:
    """Return the cores this process was given, as they were when first asked; empty where nobody knows."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def stay_on_one(place: int | None = None) -> None:
    """Keep this thread, and those it starts from now on, on one of the cores.

    Processes of one service spread by their places in it, others by their numbers.
    """
    cores = sorted(allowed())
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[(os.getpid() if place is None else place) % len(cores)]})


@contextmanager
def on_all() -> Iterator[None]:
    """Let what this thread starts use all cores that were given: a process of its own has its own turns."""
    if not allowed():
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, allowed())
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
