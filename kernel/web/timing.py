"""What a countdown shows: one reading of a clock, the same words on the server and in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kernel.web.i18n import lazy
from kernel.web.moment import aware, moment

NEAR_SHARE = 0.75
WEEKDAYS = (lazy("一"), lazy("二"), lazy("三"), lazy("四"), lazy("五"), lazy("六"), lazy("日"))


@dataclass(frozen=True, slots=True)
class Phase:
    """A state by word, shape and (in the style sheet) colour together."""

    key: str
    word: lazy
    icon: str
    live: bool = False


PHASES = {
    phase.key: phase
    for phase in (
        Phase("ok", lazy("正常"), "dot", live=True),
        Phase("near", lazy("临近"), "triangle", live=True),
        Phase("over", lazy("超时"), "square", live=True),
        Phase("missed", lazy("超时"), "square"),
        Phase("met", lazy("已达标"), "check"),
        Phase("paused", lazy("已暂停"), "pause"),
        Phase("excluded", lazy("已剔除"), "pause"),
        Phase("pending", lazy("未开始"), "ring"),
        Phase("unobserved", lazy("未观测"), "hatch"),
    )
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock read at one moment."""

    phase: Phase
    left: timedelta
    """Time left; when the clock has ended, the time that was left then. Negative: over by so much."""
    share: float
    near_at: datetime
    over: bool


def reading(
    due: datetime,
    started: datetime,
    state: str = "running",
    ended: datetime | None = None,
    now: datetime | None = None,
) -> Reading:
    """Read a clock; `state` is running or one of met, missed, paused, excluded, pending, unobserved."""
    at = aware(ended or now or moment().now)
    due, started = aware(due), aware(started)
    near_at = started + (due - started) * NEAR_SHARE
    key = _running(at, near_at, due) if state == "running" else state
    if key not in PHASES:
        raise ValueError(f"unknown clock state {state!r}: one of running, {', '.join(PHASES)}")
    whole = (due - started).total_seconds()
    share = min(1.0, max(0.0, (at - started).total_seconds() / whole)) if whole > 0 else 1.0
    return Reading(PHASES[key], due - at, share, near_at, at > due)


def _running(at: datetime, near_at: datetime, due: datetime) -> str:
    return "over" if at >= due else "near" if at >= near_at else "ok"


def phase(key: str) -> Phase:
    """Return a state by its key."""
    return PHASES[key]


def weekday(index: int) -> str:
    """Return the short name of a day of the week, 0 for Monday."""
    return str(WEEKDAYS[index])


GLOBALS: dict[str, Callable[..., Any]] = {"reading": reading, "phase": phase, "weekday": weekday}
