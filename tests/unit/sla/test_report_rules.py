"""Figures of the SLA report."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.report.rules import attainment, mean, percentile

SECONDS = st.lists(st.integers(0, 10**6), min_size=1).map(sorted)


@pytest.mark.parametrize(
    ("met", "missed", "expected"),
    [(0, 0, None), (1, 0, "100.00"), (0, 1, "0.00"), (2, 1, "66.67"), (1, 2, "33.33"), (199, 1, "99.50")],
)
def test_attainment_is_the_share_of_decided_clocks(met: int, missed: int, expected: str | None) -> None:
    assert attainment(met, missed) == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(("percent", "expected"), [(1, 10), (50, 20), (75, 30), (90, 40), (100, 40)])
def test_percentile_is_the_nearest_rank(percent: int, expected: int) -> None:
    assert percentile([10, 20, 30, 40], percent) == expected


def test_nothing_has_no_percentile_and_no_mean() -> None:
    assert percentile([], 50) is None
    assert mean([]) is None


@given(SECONDS, st.integers(1, 100))
def test_percentile_is_one_of_the_values_and_covers_its_share(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert found is not None
    assert sum(v <= found for v in values) * 100 >= percent * len(values)


@given(SECONDS)
def test_mean_lies_between_the_extremes(values: list[int]) -> None:
    found = mean(values)
    assert found is not None
    assert values[0] <= found <= values[-1]
