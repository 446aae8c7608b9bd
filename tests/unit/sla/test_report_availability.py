"""Downtime, availability and the ranges of reports, as pure figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.report.rules import availability, downtimes, half_of, month_of, year_of

SPANS = {
    "one": ([("a", 10, 20)], {"a": 10}),
    "two apart": ([("a", 10, 20), ("a", 30, 35)], {"a": 15}),
    "overlapping": ([("a", 10, 20), ("a", 15, 25)], {"a": 15}),
    "inside": ([("a", 10, 40), ("a", 15, 25)], {"a": 30}),
    "two keys": ([("a,b", 10, 20), ("b", 15, 30)], {"a": 10, "b": 20}),
    "open": ([("a", 90, None)], {"a": 10}),
    "clipped": ([("a", -50, 5), ("a", 95, 500)], {"a": 10}),
    "outside": ([("a", 100, 120)], {"a": 0}),
    "no key": ([("", 10, 20)], {}),
}


@pytest.mark.parametrize("case", SPANS)
def test_seconds_down(case: str) -> None:
    outages, wanted = SPANS[case]
    assert downtimes(outages, 0, 100) == wanted


starts = st.integers(0, 200)
spans = st.lists(st.tuples(st.sampled_from(["a", "b", "a,b"]), starts, st.integers(0, 60)), max_size=12)


@given(spans, st.integers(0, 100), st.integers(1, 150))
def test_downtime_is_the_number_of_seconds_in_which_anything_was_down(
    raw: list[tuple[str, int, int]], first: int, length: int
) -> None:
    outages = sorted(((k, a, a + n) for k, a, n in raw), key=lambda each: each[1])
    found = downtimes(outages, first, first + length)
    for key in ("a", "b"):
        down = {
            second
            for keys, start, end in outages
            if key in keys.split(",")
            for second in range(max(start, first), min(end, first + length))
        }
        assert found.get(key, 0) == len(down)


@pytest.mark.parametrize(
    ("down", "whole", "percent"),
    [(0, 100, "100.000"), (1, 1000, "99.900"), (100, 100, "0.000"), (200, 100, "0.000"), (1, 3, "66.667")],
)
def test_availability(down: int, whole: int, percent: str) -> None:
    assert availability(down, whole) == Decimal(percent)


def test_no_time_has_no_availability() -> None:
    assert availability(0, 0) is None


@pytest.mark.parametrize(
    ("day", "month", "half", "year"),
    [
        ("2026-02-10", ("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-06-30"), 2026),
        ("2028-02-29", ("2028-02-01", "2028-02-29"), ("2028-01-01", "2028-06-30"), 2028),
        ("2026-07-01", ("2026-07-01", "2026-07-31"), ("2026-07-01", "2026-12-31"), 2026),
        ("2026-12-31", ("2026-12-01", "2026-12-31"), ("2026-07-01", "2026-12-31"), 2026),
    ],
)
def test_ranges(day: str, month: tuple[str, str], half: tuple[str, str], year: int) -> None:
    at = date.fromisoformat(day)
    assert tuple(map(str, month_of(at))) == month
    assert tuple(map(str, half_of(at))) == half
    assert tuple(map(str, year_of(at))) == (f"{year}-01-01", f"{year}-12-31")
