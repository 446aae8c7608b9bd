"""How likely an open clock is to be missed, and what that costs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.exposure.rules import CERTAIN, LEAST, Chance, Clock, chance, either, risk

PRICE = Decimal("2300.00")
TEN = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
HALF, UNKNOWN = Chance(Decimal("0.5000"), 20), Chance(None, 3)

CHANCES = {
    "nothing known": ([], 50, 0, None, 0),
    "nine are too few": (TEN[:9], 50, 0, None, 9),
    "ten are enough": (TEN, 50, 0, "0.5000", 10),
    "exactly at the limit is met": (TEN, 100, 0, "0.0000", 10),
    "all longer": (TEN, 9, 0, "1.0000", 10),
    "those already over are left out": ([1] * 10 + TEN, 50, 5, "0.5000", 10),
    "as long as this one counts": (TEN, 95, 10, "0.1000", 10),
    "too few lasted so long": (TEN, 95, 11, None, 9),
    "beyond the limit is certain": (TEN, 50, 51, "1", 0),
    "at the limit is not": ([50] * 10, 50, 50, "0.0000", 10),
}


@pytest.mark.parametrize("case", CHANCES)
def test_the_chance_of_missing(case: str) -> None:
    past, limit, elapsed, probability, sample = CHANCES[case]
    found = chance(past, limit, elapsed)
    assert (found.probability, found.sample) == (probability and Decimal(probability), sample)


durations = st.lists(st.integers(0, 200), max_size=60).map(sorted)
moments = st.integers(0, 200)


@given(durations, moments, moments)
def test_a_chance_lies_between_nothing_and_certainty(past: list[int], limit: int, elapsed: int) -> None:
    found = chance(past, limit, elapsed)
    assert found.probability is None or 0 <= found.probability <= 1
    assert (found.probability is None) == (elapsed <= limit and found.sample < LEAST)


@given(durations, moments, moments, moments)
def test_a_longer_limit_is_never_more_likely_missed(past: list[int], elapsed: int, a: int, b: int) -> None:
    short, long = (chance(past, limit, elapsed).probability for limit in sorted((a, b)))
    if short is not None and long is not None:
        assert long <= short


@given(durations, moments, moments, moments)
def test_having_lasted_longer_is_never_less_likely_missed(
    past: list[int], limit: int, a: int, b: int
) -> None:
    early, late = (chance(past, limit, elapsed).probability for elapsed in sorted((a, b)))
    if early is not None and late is not None:
        assert early <= late


@given(durations, durations, moments)
def test_two_clocks_are_at_least_as_likely_missed_as_one(a: list[int], b: list[int], limit: int) -> None:
    one, two = chance(a, limit, 0), chance(b, limit, 0)
    both = either(one, two).probability
    known = [c.probability for c in (one, two) if c.probability is not None]
    assert both is None or max(known) - Decimal("0.0001") <= both <= 1


def test_certainty_outweighs_not_knowing() -> None:
    assert either(CERTAIN, UNKNOWN) == either(UNKNOWN, CERTAIN) == CERTAIN
    assert either(HALF, UNKNOWN) == UNKNOWN
    assert either(HALF, HALF).probability == Decimal("0.7500")


def running(found: Chance = HALF) -> Clock:
    return Clock(missed=False, running=True, chance=found)


MISSED = Clock(missed=True, running=False, chance=CERTAIN)
MET = Clock(missed=False, running=False, chance=HALF)

RISKS = {
    "both met": ("incident", [MET, MET], ("0.00", "0.00", "0.00")),
    "one running": ("incident", [MET, running()], ("0.00", "2300.00", "1150.00")),
    "both running": ("incident", [running(), running()], ("0.00", "2300.00", "1725.00")),
    "unknown": ("incident", [running(), running(UNKNOWN)], ("0.00", "2300.00", None)),
    "one missed: it costs no more": ("incident", [MISSED, running()], ("2300.00", "0.00", "0.00")),
    "both missed": ("incident", [MISSED, MISSED], ("2300.00", "0.00", "0.00")),
    "by clock, both running": ("clock", [running(), running()], ("0.00", "4600.00", "2300.00")),
    "by clock, one missed": ("clock", [MISSED, running()], ("2300.00", "2300.00", "1150.00")),
    "by clock, both missed": ("clock", [MISSED, MISSED], ("4600.00", "0.00", "0.00")),
    "by clock, unknown": ("clock", [MET, running(UNKNOWN)], ("0.00", "2300.00", None)),
}


@pytest.mark.parametrize("case", RISKS)
def test_what_is_at_risk(case: str) -> None:
    per, clocks, (incurred, at_risk, expected) = RISKS[case]
    found = risk(PRICE, per, clocks)
    assert (found.incurred, found.at_risk) == (Decimal(incurred), Decimal(at_risk))
    assert found.expected == (None if expected is None else Decimal(expected))


@given(st.decimals(0, 10**6, places=2), st.sampled_from(["incident", "clock"]), durations, moments, moments)
def test_what_is_expected_is_never_more_than_what_is_at_risk(
    price: Decimal, per: str, past: list[int], limit: int, elapsed: int
) -> None:
    found = risk(price, per, [running(chance(past, limit, elapsed)), running(chance(past, limit, 0))])
    assert found.expected is None or 0 <= found.expected <= found.at_risk
