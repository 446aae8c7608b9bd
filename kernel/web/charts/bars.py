"""Horizontal bars with their values beside them, and one bar divided into shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernel.web.charts.scale import Scale

ROW = 32
VALUE_ROOM = 92


@dataclass(frozen=True, slots=True)
class Bar:
    """One row; `row` is what the page gave."""

    y: int
    length: float
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bars:
    """All rows of a bar chart."""

    width: int
    height: int
    start: int
    bars: tuple[Bar, ...]
    label_above: bool


def bar_rows(
    rows: Sequence[dict[str, Any]], width: int, *, low: float = 0.0, high: float | None = None
) -> Bars:
    """Lay out `rows` ({label, value, text}); narrow pictures put the label above its bar."""
    above = width <= 400
    start = 0 if above else 160
    step = ROW + 18 if above else ROW
    top = max((float(row["value"]) for row in rows), default=1.0) if high is None else high
    scale = Scale(low, top if top > low else low + 1, 0, width - start - VALUE_ROOM)
    bars = tuple(
        Bar(index * step + (18 if above else 0), max(1.0, scale(float(row["value"]))), row)
        for index, row in enumerate(rows)
    )
    return Bars(width, max(step, len(rows) * step), start, bars, above)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the whole."""

    x: float
    width: float
    share: float
    part: dict[str, Any]


def share_parts(parts: Sequence[dict[str, Any]], width: int) -> tuple[Share, ...]:
    """Divide `width` among `parts` ({label, value}); empty parts take no room."""
    total = sum(float(part["value"]) for part in parts)
    placed: list[Share] = []
    x = 0.0
    for part in parts:
        share = float(part["value"]) / total if total else 0.0
        placed.append(Share(round(x, 1), round(share * width, 1), share, part))
        x += share * width
    return tuple(placed)
