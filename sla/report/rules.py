"""Figures of the report; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

STATES = ("met", "missed", "pending", "unobserved", "excluded")
PERCENTILES = (50, 90, 95)


def attainment(met: int, missed: int) -> Decimal | None:
    """Return the share of met clocks among the decided ones in percent, two decimals; None without any."""
    if met + missed == 0:
        return None
    return (Decimal(met) * 100 / (met + missed)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank percentile of sorted seconds; None for an empty list."""
    if not ordered:
        return None
    rank = -(-percent * len(ordered) // 100)
    return ordered[max(0, rank - 1)]


def mean(values: Sequence[int]) -> int | None:
    """Return the mean in whole seconds, half up; None for an empty list."""
    if not values:
        return None
    return (2 * sum(values) + len(values)) // (2 * len(values))


class Downtime:
    """Adds up seconds in which something was down; outages arrive in order of their start, and overlaps
    count once.
    """

    __slots__ = ("reached", "seconds")

    def __init__(self) -> None:
        self.seconds = 0
        self.reached = 0

    def add(self, start: int, end: int) -> None:
        """Count what reaches beyond all outages before."""
        if end > self.reached:
            self.seconds += end - max(start, self.reached)
            self.reached = end


def downtimes(outages: Iterable[tuple[str, int, int | None]], first: int, last: int) -> dict[str, int]:
    """Return the seconds down between `first` and `last` of every key in comma-separated `keys`.

    `outages` are (keys, start, end), ordered by start; an end of None is still down.
    """
    found: dict[str, Downtime] = {}
    split: dict[str, list[Downtime]] = {}
    for keys, start, end in outages:
        sums = split.get(keys)
        if sums is None:
            sums = split[keys] = [found.setdefault(key, Downtime()) for key in keys.split(",") if key]
        begun = max(start, first)
        over = last if end is None or end > last else end
        if over > begun:
            for each in sums:
                each.add(begun, over)
    return {key: each.seconds for key, each in found.items()}


def availability(down: int, whole: int) -> Decimal | None:
    """Return the share of the time in which service was up, in percent, three decimals; None without time."""
    if whole <= 0:
        return None
    up = Decimal(100) * (whole - min(down, whole)) / whole
    return up.quantize(Decimal("0.001"), ROUND_HALF_UP)


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def half_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the half-year."""
    first = day.replace(month=1 if day.month < 7 else 7, day=1)
    return first, month_of(first.replace(month=first.month + 5))[1]


def year_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the year."""
    return date(day.year, 1, 1), date(day.year, 12, 31)
