"""Figures of the report; pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

DECIDED = ("met", "missed")
STATES = ("met", "missed", "pending", "unobserved", "excluded")


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
