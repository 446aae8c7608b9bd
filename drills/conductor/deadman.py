"""Keeps the dead-man switches on the targets from firing while somebody still conducts the drill.

Each injection arms one on its hosts: without a sign of life for so many seconds, the host undoes the fault
by itself, whether the platform lives or not. The sign is a short playbook, run well before time is up.
"""

from __future__ import annotations

import threading

from drills.conductor.stage import Stage
from kernel.clock import SYSTEM

PLAYBOOK = "deadman_refresh.yml"
"""The playbook of the scenario that touches the heartbeat on its targets."""
SHARE = 3.0
"""A sign of life is given so many times within the switch's patience."""


class Beats:
    """Gives signs of life from a thread, because a playbook may be at work meanwhile."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        patience = min((each.deadman for each in stage.found.scenario.injections), default=0.0)
        self._playbook = stage.found.entry.playbook(PLAYBOOK)
        self._every, self._limit = patience / SHARE, patience / 2
        self._wanted = patience > 0 and self._playbook.is_file()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._give, name="drill-deadman", daemon=True)

    def start(self) -> None:
        """Begin, once something is injected."""
        if self._wanted:
            self._thread.start()

    def stop(self) -> None:
        """No more signs: the way back has disarmed the switches, or they are to fire."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(self._limit + 30)

    def _give(self) -> None:
        due = SYSTEM.monotonic() + self._every
        while not self._ended.wait(max(0.0, due - SYSTEM.monotonic())):
            due = SYSTEM.monotonic() + self._every
            self._stage.sign_of_life(self._playbook, self._limit)
