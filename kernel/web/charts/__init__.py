"""Geometry of the charts: pure functions the SVG macros draw from, each for a wide and a narrow picture."""

from collections.abc import Callable
from typing import Any

from kernel.web.charts.bars import bar_rows, share_parts
from kernel.web.charts.calendar import heat_calendar
from kernel.web.charts.gantt import gantt
from kernel.web.charts.line import line_chart

GLOBALS: dict[str, Callable[..., Any]] = {
    "layout_bars": bar_rows,
    "layout_shares": share_parts,
    "layout_calendar": heat_calendar,
    "layout_gantt": gantt,
    "layout_line": line_chart,
}
WIDE = 720
NARROW = 340
