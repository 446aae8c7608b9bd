"""What changed between two sets of figures; pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from sla.report.layout import Figure, count, percent, seconds, yuan

Figures = dict[str, Any]


class Measure(NamedTuple):
    """A figure worth comparing: its label, where it stands, how it reads, and which way is better."""

    label: str
    path: tuple[str, ...]
    write: Callable[[Any], Figure]
    better: int
    """1: more is better; -1: less is better."""


class Difference(NamedTuple):
    """One figure then and now; `change` is what it went up by, None when either is unknown."""

    label: str
    before: Figure
    after: Figure
    change: Decimal | None
    arrow: str
    verdict: str
    """better, worse, same or unknown."""


MEASURE_LABELS = {
    "incidents": "故障",
    "major": "重大故障",
    "response": "响应达标率",
    "repair": "修复达标率",
    "broadcasts": "通报按时率",
    "mtta": "平均响应用时",
    "mttr": "平均修复用时",
    "mttr90": "修复用时 P90",
    "penalty_cases": "违约金件数",
    "penalty_total": "违约金合计",
}
MEASURES = (
    Measure("incidents", ("incidents",), count, -1),
    Measure("major", ("major",), count, -1),
    Measure("response", ("response", "attainment"), percent, 1),
    Measure("repair", ("repair", "attainment"), percent, 1),
    Measure("broadcasts", ("broadcasts", "punctuality"), percent, 1),
    Measure("mtta", ("respond_seconds", "mean"), seconds, -1),
    Measure("mttr", ("repair_seconds", "mean"), seconds, -1),
    Measure("mttr90", ("repair_seconds", "p90"), seconds, -1),
    Measure("penalty_cases", ("penalty_cases",), count, -1),
    Measure("penalty_total", ("penalty_total",), yuan, -1),
)


def compare(before: Figures, after: Figures) -> list[Difference]:
    """Return every measure, then and now."""
    return [_difference(measure, _at(before, measure.path), _at(after, measure.path)) for measure in MEASURES]


def changed(before: Figures, after: Figures) -> list[Difference]:
    """Return the measures that differ."""
    return [each for each in compare(before, after) if each.verdict != "same" and each.before != each.after]


def _at(figures: Figures, path: tuple[str, ...]) -> Any:
    value: Any = figures
    for name in path:
        value = value[name]
    return value


def _difference(measure: Measure, before: Any, after: Any) -> Difference:
    label, written = MEASURE_LABELS[measure.label], (measure.write(before), measure.write(after))
    if before is None or after is None:
        return Difference(label, *written, None, "", "same" if before == after else "unknown")
    change = Decimal(after) - Decimal(before)
    if not change:
        return Difference(label, *written, change, "→", "same")
    verdict = "better" if change * measure.better > 0 else "worse"
    return Difference(label, *written, change, "↑" if change > 0 else "↓", verdict)
