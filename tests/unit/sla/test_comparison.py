"""Comparison of two sets of figures, and the periods it is asked for."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from sla.report.comparison import MEASURES, changed, compare
from sla.report.periods import Period, half, month, parse_period

BASE: dict[str, Any] = {
    "incidents": 10, "major": 1, "response": {"attainment": "90.00"}, "repair": {"attainment": "95.00"},
    "broadcasts": {"punctuality": None}, "respond_seconds": {"mean": 600},
    "repair_seconds": {"mean": 3600, "p90": 7200}, "penalty_cases": 2, "penalty_total": "4600.00",
}  # fmt: skip


def differing(path: str, value: Any) -> list[tuple[str, str, str]]:
    other = copy.deepcopy(BASE)
    *way, last = path.split(".")
    place = other
    for name in way:
        place = place[name]
    place[last] = value
    return [(d.label, d.arrow, d.verdict) for d in changed(BASE, other)]


CASES = {
    "fewer incidents": ("incidents", 8, ("故障", "↓", "better")),
    "more incidents": ("incidents", 12, ("故障", "↑", "worse")),
    "better response": ("response.attainment", "95.00", ("响应达标率", "↑", "better")),
    "worse repair": ("repair.attainment", "94.99", ("修复达标率", "↓", "worse")),
    "slower": ("repair_seconds.mean", 3601, ("平均修复用时", "↑", "worse")),
    "cheaper": ("penalty_total", "0.00", ("违约金合计", "↓", "better")),
    "known at last": ("broadcasts.punctuality", "100.00", ("通报按时率", "", "unknown")),
}


@pytest.mark.parametrize("case", CASES)
def test_a_difference_has_an_arrow_and_a_word(case: str) -> None:
    path, value, wanted = CASES[case]
    assert differing(path, value) == [wanted]


def test_equal_figures_do_not_differ() -> None:
    assert changed(BASE, copy.deepcopy(BASE)) == []
    assert len(compare(BASE, BASE)) == len(MEASURES)


PERIODS = {
    "2026-03": ("2026-03-01", "2026-03-31", "2026-02", "2025-03"),
    "2026-01": ("2026-01-01", "2026-01-31", "2025-12", "2025-01"),
    "2028-02": ("2028-02-01", "2028-02-29", "2028-01", "2027-02"),
    "2026-H1": ("2026-01-01", "2026-06-30", "2025-H2", "2025-H1"),
    "2026-H2": ("2026-07-01", "2026-12-31", "2026-H1", "2025-H2"),
    "2026": ("2026-01-01", "2026-12-31", "2025", "2025"),
}


@pytest.mark.parametrize("text", PERIODS)
def test_a_period_and_its_neighbours(text: str) -> None:
    found = parse_period(text)
    assert found is not None
    said = (str(found.first), str(found.last), found.before().key, found.year_before().key)
    assert said == PERIODS[text]


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-H3", "1999-01", "2026-3", "2026-03-01", "x"]
)
def test_what_is_no_period(text: str) -> None:
    assert parse_period(text) is None


def test_the_period_of_a_day() -> None:
    day = date(2026, 8, 15)
    assert month(day) == Period("2026-08", date(2026, 8, 1), date(2026, 8, 31))
    assert half(day).key == "2026-H2"
