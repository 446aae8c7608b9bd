"""The periods that reports are frozen for and compared by: 2026-03, 2026-H1, 2026. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla.report.rules import half_of, month_of, year_of

_WRITTEN = re.compile(r"^(20\d\d|21\d\d)(?:-(?:(0[1-9]|1[0-2])|H([12])))?$")


@dataclass(frozen=True, slots=True)
class Period:
    """A month, a half-year or a year, with its first and last day."""

    key: str
    first: date
    last: date

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the instants [begin, end)."""
        midnight = datetime.min.time()
        end = datetime.combine(self.last + timedelta(days=1), midnight, zone)
        return datetime.combine(self.first, midnight, zone), end

    def before(self) -> Period:
        """Return the period of the same length before it."""
        return _like(self, self.first - timedelta(days=1))

    def year_before(self) -> Period:
        """Return the same period of the year before."""
        return _like(self, date(self.first.year - 1, self.first.month, 1))


def parse_period(text: str) -> Period | None:
    """Read a period; None for anything else."""
    found = _WRITTEN.match(text)
    if found is None:
        return None
    year, month, half = found.groups()
    if month:
        return Period(text, *month_of(date(int(year), int(month), 1)))
    if half:
        return Period(text, *half_of(date(int(year), 1 if half == "1" else 7, 1)))
    return Period(text, *year_of(date(int(year), 1, 1)))


def month(day: date) -> Period:
    """Return the month of a day."""
    return Period(f"{day:%Y-%m}", *month_of(day))


def half(day: date) -> Period:
    """Return the half-year of a day."""
    return Period(f"{day.year}-H{1 if day.month < 7 else 2}", *half_of(day))


def _like(period: Period, day: date) -> Period:
    if "-H" in period.key:
        return half(day)
    if "-" in period.key:
        return month(day)
    return Period(str(day.year), *year_of(day))
