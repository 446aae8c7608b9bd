"""The only place that reads the system clock.

Everything else takes `now` as a value (aware, UTC) or asks the `Clock` it was given. A rehearsal runs the
same engine on an accelerated clock; tests use a fixed one.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits, possibly faster than the wall does."""

    speed: float
    runs: bool
    """Whether it moves by itself. One that a script moves skips time without anybody having been absent."""

    def now(self) -> datetime:
        """Return the present time: aware, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, in this clock's own pace."""


class SystemClock:
    """The wall clock."""

    speed = 1.0
    runs = True

    def now(self) -> datetime:
        """Return the present time: aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the system's monotonic seconds."""
        return time.monotonic()


class AcceleratedClock:
    """Runs `speed` times as fast as the wall, from `origin` on; for rehearsals only."""

    runs = True

    def __init__(self, speed: float, origin: datetime | None = None) -> None:
        if not speed > 0:
            raise ValueError("speed must be positive")
        self.speed = speed
        self._origin = origin or datetime.now(UTC)
        self._started = time.monotonic()

    def now(self) -> datetime:
        """Return the rehearsal's present time: aware, UTC."""
        return self._origin + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return seconds since the start, accelerated."""
        return (time.monotonic() - self._started) * self.speed


class FixedClock:
    """Stands still until it is moved; for tests and for playing scripted months."""

    speed = 1.0
    runs = False

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._mono = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._at

    def monotonic(self) -> float:
        """Return the seconds it has been moved forward so far."""
        return self._mono

    def move_to(self, at: datetime) -> None:
        """Let time pass until `at` (aware); also moves the monotonic seconds."""
        with self._lock:
            self._mono += max(0.0, (at - self._at).total_seconds())
            self._at = at

    def advance(self, step: timedelta) -> datetime:
        """Let `step` pass and return the new time."""
        self.move_to(self._at + step)
        return self._at

    def jump_wall(self, step: timedelta) -> None:
        """Set only the wall time, as an operator or a broken NTP server would; monotonic stays."""
        with self._lock:
            self._at += step


SYSTEM = SystemClock()
