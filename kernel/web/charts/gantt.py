"""Slots on rows over a span of time: duty rosters, broadcasts, drills, blind time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kernel.web.charts.scale import Scale, every
from kernel.web.moment import aware

ROW, TOP, RIGHT = 36, 26, 14
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080)


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot; `slot` is what the page gave."""

    x: float
    width: float
    slot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of slots."""

    y: int
    label: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Gantt:
    """All rows with their time axis."""

    width: int
    height: int
    left: int
    rows: tuple[Row, ...]
    marks: tuple[tuple[float, datetime], ...]
    now_x: float | None
    label_above: bool


def gantt(start: datetime, end: datetime, rows: Sequence[dict[str, Any]], now: datetime, width: int) -> Gantt:
    """Lay out `rows` ({label, slots: [{start, end, state, text}]}) between `start` and `end`."""
    above = width <= 400
    left, step = (8, ROW + 18) if above else (132, ROW)
    scale = Scale(start.timestamp(), end.timestamp(), left, width - RIGHT)
    placed = tuple(
        Row(TOP + index * step + (18 if above else 0), row["label"], _slots(row["slots"], start, end, scale))
        for index, row in enumerate(rows)
    )
    inside = start <= now <= end
    return Gantt(
        width=width,
        height=TOP + len(rows) * step + 6,
        left=left,
        rows=placed,
        marks=tuple((scale(mark.timestamp()), mark) for mark in _marks(start, end, 5 if above else 9)),
        now_x=scale(now.timestamp()) if inside else None,
        label_above=above,
    )


def _slots(slots: Sequence[dict[str, Any]], start: datetime, end: datetime, scale: Scale) -> tuple[Slot, ...]:
    shown = [slot for slot in slots if aware(slot["end"]) > start and aware(slot["start"]) < end]
    placed = []
    for slot in shown:
        x = scale(slot["start"].timestamp())
        placed.append(Slot(x, max(2.0, round(scale(slot["end"].timestamp()) - x - 1, 1)), slot))
    return tuple(placed)


def _marks(start: datetime, end: datetime, room: int) -> list[datetime]:
    minutes = max(1, round((end - start).total_seconds() / 60))
    step = next((s for s in STEPS if minutes / s <= room), every(minutes, room))
    return [start + timedelta(minutes=offset) for offset in range(0, minutes, step)]
