"""Working days against the official table, day by day, and the years that nobody may guess."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from sla.calendars import (
    CalendarMissing,
    EveryDay,
    WorkingDays,
    add_days,
    add_working_days,
    chinese_working_days,
    working_days_between,
)
from tests.unit.sla.story import HUAIBEI


@pytest.mark.parametrize(("n", "day"), [(60, date(2025, 4, 2)), (90, date(2025, 5, 19))])
def test_the_contracts_delivery_limits_end_on_the_days_it_names(n: int, day: date) -> None:
    assert add_working_days(HUAIBEI.signed, n) == day
    assert working_days_between(HUAIBEI.signed, day) == n


def test_the_day_after_the_start_is_the_first() -> None:
    assert add_working_days(date(2025, 1, 2), 1) == date(2025, 1, 3)
    assert add_working_days(date(2025, 1, 3), 1) == date(2025, 1, 6)


def test_a_make_up_sunday_counts_and_a_holiday_monday_does_not() -> None:
    calendar = chinese_working_days()
    assert calendar.counts(date(2025, 1, 26))
    assert not calendar.counts(date(2025, 2, 3))


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_table_agrees_with_its_source_on_every_day(year: int) -> None:
    calendar = chinese_working_days()
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [day for day in days if day.year == year]
    assert [calendar.counts(day) for day in days] == [chinese_calendar.is_workday(day) for day in days]


def test_an_uncovered_day_is_never_guessed() -> None:
    covered = chinese_working_days().covered_until
    assert covered == date(2026, 12, 31)
    with pytest.raises(CalendarMissing) as caught:
        add_working_days(covered, 1)
    assert (caught.value.day, caught.value.covered_until) == (date(2027, 1, 1), covered)


def test_an_empty_table_covers_nothing() -> None:
    assert WorkingDays({}).covered_until is None
    with pytest.raises(CalendarMissing, match="无"):
        WorkingDays({}).counts(date(2025, 1, 1))


@pytest.mark.parametrize("day", ["2025-02-01", "2026-02-03"])
def test_a_line_that_would_mean_nothing_is_refused(day: str, tmp_path: Path) -> None:
    table = tmp_path / "days.toml"
    table.write_text(f"[2025]\nrest = [{day}]\nwork = []\n")
    with pytest.raises(ValueError, match=day):
        chinese_working_days(table)


def test_round_the_clock_every_day_counts() -> None:
    assert add_days(EveryDay(), date(2025, 1, 27), 3) == date(2025, 1, 30)


def test_there_is_no_day_nought() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        add_working_days(date(2025, 1, 2), 0)
