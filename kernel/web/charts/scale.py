"""Scales and ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values between `low` and `high` to units between `start` and `end`; values outside are clipped."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where `value` is drawn."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return about `count` round values that cover `low` to `high`."""
    if high <= low:
        high = low + 1
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in STEPS if step * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * index, 10) for index in range(first, last + 1)]


def plain(value: float) -> str:
    """Write a tick: 1,200 or 99.5, without needless zeros."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def every(length: int, room: int) -> int:
    """Return the step at which `length` labels fit into `room` places."""
    return max(1, math.ceil(length / max(1, room)))


def present(values: Sequence[float | None]) -> list[float]:
    """Return the values that there are."""
    return [value for value in values if value is not None]
