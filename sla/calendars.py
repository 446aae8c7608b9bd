"""Calendars: natural days round the clock (7×24, 第十五条) and Chinese working days (第四条).

Working days come from a table that ships with the product and is extended each year, once the State
Council has published the holidays. A year without a table is never guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol

_TABLE = Path(__file__).parent / "data" / "workdays-cn.toml"
_DAY = timedelta(days=1)
_SATURDAY = 5


class BadTable(ValueError):
    """A table that the product must not ship with."""


class CalendarMissing(LookupError):
    """No table says whether this day is a working day; ``day`` is the first such day met."""

    def __init__(self, day: date, covered_until: date | None) -> None:
        self.day, self.covered_until = day, covered_until
        super().__init__(f"工作日历缺少 {day.year} 年（已有数据至 {covered_until or '无'}）")


class Calendar(Protocol):
    """What counts as a day."""

    def counts(self, day: date) -> bool:
        """Whether the day counts."""
        ...


@dataclass(frozen=True, slots=True)
class EveryDay:
    """7×24: every day counts."""

    def counts(self, day: date) -> bool:
        """Return true."""
        return isinstance(day, date)


@dataclass(frozen=True, slots=True)
class Year:
    """The exceptions of one year: weekdays off, and weekend days worked."""

    rest: frozenset[date]
    work: frozenset[date]


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday, less the holidays, plus the make-up days, for the years of its table."""

    years: Mapping[int, Year]

    @property
    def covered_until(self) -> date | None:
        """The last day the table knows; ``None`` when it is empty."""
        return date(max(self.years), 12, 31) if self.years else None

    def counts(self, day: date) -> bool:
        """Whether the day is a working day; raises ``CalendarMissing`` for a year without a table."""
        year = self.years.get(day.year)
        if year is None:
            raise CalendarMissing(day, self.covered_until)
        return day in year.work or (day.weekday() < _SATURDAY and day not in year.rest)


@lru_cache(maxsize=8)
def chinese_working_days(table: Path = _TABLE) -> WorkingDays:
    """Return the calendar of a table file, by default the one that ships with the product.

    Raises ``BadTable`` naming the day when a table lists a weekend day as rest, a weekday as work, or a
    day of another year: such a line would silently mean nothing.
    """
    with table.open("rb") as file:
        raw = tomllib.load(file)
    years: dict[int, Year] = {}
    for name, lists in raw.items():
        rest, work = frozenset(lists["rest"]), frozenset(lists["work"])
        for day in rest | work:
            if str(day.year) != name or (day.weekday() < _SATURDAY) != (day in rest):
                raise BadTable(f"{table}: {day}: 与年份或星期不符")
        years[int(name)] = Year(rest, work)
    return WorkingDays(years)


def add_days(calendar: Calendar, start: date, n: int) -> date:
    """Return the n-th day that counts after ``start``: the day after ``start`` is the first candidate.

    ``n`` is at least 1. Raises ``CalendarMissing`` when the way there crosses a year without a table.
    """
    if n < 1:
        raise ValueError("n must be at least 1")
    day = start
    while n:
        day += _DAY
        n -= calendar.counts(day)
    return day


def add_working_days(start: date, n: int) -> date:
    """Return the n-th Chinese working day after ``start`` (contract.md §2.11)."""
    return add_days(chinese_working_days(), start, n)


def working_days_between(start: date, end: date) -> int:
    """Return how many working days lie after ``start`` up to and including ``end``."""
    calendar = chinese_working_days()
    span = (end - start).days
    return sum(calendar.counts(start + _DAY * offset) for offset in range(1, span + 1))
