"""A heat map of days: weeks as columns when wide, as rows on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

LEFT, TOP = 34, 22


@dataclass(frozen=True, slots=True)
class Cell:
    """One day; `value` is what the page gave for it, None when nothing is known."""

    x: float
    y: float
    day: date
    value: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class HeatCalendar:
    """All days from first to last."""

    width: int
    height: int
    size: float
    across: float
    cells: tuple[Cell, ...]
    months: tuple[tuple[float, float, date], ...]
    weekdays: tuple[tuple[float, float, int], ...]


def heat_calendar(first: date, last: date, values: Mapping[date, dict[str, Any]], width: int) -> HeatCalendar:
    """Lay out the days `first`…`last`; `values` maps a day to {level 0–4, text}."""
    wide = width > 400
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    pitch = min(26.0, (width - LEFT) / weeks) if wide else (width - LEFT) / 7
    pitch_y = pitch if wide else min(pitch, 26.0)
    cells = []
    months: list[tuple[float, float, date]] = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        week, weekday = (day - monday).days // 7, day.weekday()
        column, row = (week, weekday) if wide else (weekday, week)
        cells.append(
            Cell(round(LEFT + column * pitch, 1), round(TOP + row * pitch_y, 1), day, values.get(day))
        )
        if day == first or day.day == 1:
            _add_month(
                months, (LEFT + week * pitch, 12) if wide else (0, TOP + week * pitch_y + 14), day, wide
            )
    names = tuple(
        (0.0, round(TOP + i * pitch + pitch * 0.7, 1), i)
        if wide
        else (round(LEFT + (i + 0.5) * pitch - 1.5, 1), 14.0, i)
        for i in range(7)
    )
    height = TOP + (7 * pitch if wide else weeks * pitch_y)
    return HeatCalendar(
        width=width,
        height=round(height) + 2,
        size=round(pitch_y - 3, 1),
        across=round(pitch - 3, 1),
        cells=tuple(cells),
        months=tuple(months),
        weekdays=names,
    )


def _add_month(
    months: list[tuple[float, float, date]], at: tuple[float, float], day: date, wide: bool
) -> None:
    x, y = round(at[0], 1), round(at[1], 1)
    if wide and months and x - months[-1][0] < LEFT:
        months.pop()  # the first month had too few days for its name
    months.append((x, y, day))
