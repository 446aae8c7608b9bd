"""Lines over a common row of labels, with gaps where there is no value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernel.web.charts.scale import Scale, every, plain, present, ticks

LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 28
LABEL_WIDTH = 62


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one line."""

    x: float
    y: float
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name, the polylines between gaps, and its points."""

    name: str
    paths: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    """All that the macro draws."""

    width: int
    height: int
    left: float
    right: float
    base: float
    grid: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]
    target_y: float | None


def line_chart(
    labels: Sequence[str],
    series: Sequence[dict[str, Any]],
    width: int,
    *,
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
) -> LineChart:
    """Lay out `series` ({name, values}) over `labels`; `target` is a line to be held."""
    height = 220 if width > 400 else 200
    known = present([v for line in series for v in line["values"]] + [target]) or [0.0, 1.0]
    bottom = min(known) if low is None else low
    marks = ticks(bottom, max(known) if high is None else high)
    y = Scale(marks[0], marks[-1], height - BOTTOM, TOP)
    x = Scale(0, max(1, len(labels) - 1), LEFT + 12, width - RIGHT - 12)
    step = every(len(labels), (width - LEFT - RIGHT) // LABEL_WIDTH)
    return LineChart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        base=height - BOTTOM,
        grid=tuple((y(mark), plain(mark)) for mark in marks),
        labels=tuple((x(i), label) for i, label in enumerate(labels) if i % step == 0),
        lines=tuple(_line(line, labels, x, y) for line in series),
        target_y=None if target is None else y(target),
    )


def _line(line: dict[str, Any], labels: Sequence[str], x: Scale, y: Scale) -> Line:
    paths: list[list[str]] = [[]]
    points: list[Point] = []
    for index, value in enumerate(line["values"]):
        if value is None:
            paths.append([])
            continue
        point = Point(x(index), y(float(value)), labels[index], value)
        paths[-1].append(f"{point.x},{point.y}")
        points.append(point)
    return Line(line["name"], tuple(" ".join(path) for path in paths if path), tuple(points))
