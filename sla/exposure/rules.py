"""How likely an open clock is to be missed, and what that costs; pure.

The estimate is empirical: of the past cases of the class that lasted at least as long as this one has, the
share that lasted longer than the limit. Below ten such cases nothing is estimated.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

LEAST = 10
"""Fewer similar cases say nothing."""
ZERO = Decimal("0.00")
_FEN, _SHARE = Decimal("0.01"), Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Chance:
    """The share of `sample` similar cases that went beyond the limit; None is unknown."""

    probability: Decimal | None
    sample: int


CERTAIN = Chance(Decimal(1), 0)
NEVER = Chance(Decimal(0), 0)


def chance(past: Sequence[int], limit: int, elapsed: int) -> Chance:
    """Return the chance that what has lasted `elapsed` seconds goes beyond `limit`; `past` is in order."""
    if elapsed > limit:
        return CERTAIN
    sample = len(past) - bisect_left(past, elapsed)
    if sample < LEAST:
        return Chance(None, sample)
    beyond = len(past) - bisect_right(past, limit)
    return Chance((Decimal(beyond) / sample).quantize(_SHARE, ROUND_HALF_UP), sample)


def either(first: Chance, second: Chance) -> Chance:
    """Return the chance that at least one of two clocks is missed, taken as independent of each other."""
    sure = Decimal(1)
    if sure in (first.probability, second.probability):
        return first if first.probability == sure else second
    if first.probability is None or second.probability is None:
        return Chance(None, min(first.sample, second.sample))
    both = 1 - (1 - first.probability) * (1 - second.probability)
    sample = min((each.sample for each in (first, second) if each.sample), default=0)
    return Chance(both.quantize(_SHARE, ROUND_HALF_UP), sample)


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of an open incident: missed already, or running with its chance."""

    missed: bool
    running: bool
    chance: Chance


@dataclass(frozen=True, slots=True)
class Risk:
    """What an open incident has cost and may yet cost, in yuan."""

    incurred: Decimal
    at_risk: Decimal
    expected: Decimal | None
    """What it may yet cost by chance; None when the chance is unknown."""
    chance: Chance


def risk(price: Decimal, per: str, clocks: Sequence[Clock]) -> Risk:
    """Return the risk of an incident whose cases cost `price`, each `per` incident or per clock (§2.9)."""
    missed = sum(clock.missed for clock in clocks)
    running = [clock for clock in clocks if clock.running and not clock.missed]
    together = NEVER
    for clock in running:
        together = either(together, clock.chance)
    if per == "clock":
        known = [c.chance.probability for c in running if c.chance.probability is not None]
        sure = len(known) == len(running)
        expected = _yuan(price * sum(known, Decimal(0))) if sure else None
        return Risk(price * missed, price * len(running), expected, together)
    if missed or not running:
        return Risk(price if missed else ZERO, ZERO, ZERO, together)
    share = together.probability
    return Risk(ZERO, price, None if share is None else _yuan(price * share), together)


def _yuan(amount: Decimal) -> Decimal:
    return amount.quantize(_FEN, ROUND_HALF_UP)
