"""What an outside watcher makes of what it sees, poll by poll; pure.

It claims no more than it saw: an absence reaches from the last time the platform was well (or the first time
it was not) to the first time it was well again (or the last time it was not, if the watcher was away itself).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

WELL, UNREACHABLE, UNWELL, SILENT, UNAUDITED = "", "unreachable", "unwell", "silent", "unaudited"
SAID = {
    UNREACHABLE: "平台无法访问",
    UNWELL: "平台答复异常",
    SILENT: "期限引擎没有心跳",
    UNAUDITED: "期限核查没有通过",
}
ENGINE_AFTER = timedelta(seconds=60)
AUDIT_AFTER = timedelta(seconds=300)
CLOSE = 3
"""Polls that lie further apart than so many intervals say nothing about the time between them."""


MOST_OWED = 100
"""Absences that are remembered for a platform that takes none."""


class Limits(NamedTuple):
    """How often it looks, how often in a row it must be absent, how often people are reminded."""

    interval: timedelta
    failures: int
    remind: timedelta


class Seen(NamedTuple):
    """One look: when by the watcher's clock, what is wrong, and how far the platform's clock is ahead."""

    at: datetime
    why: str
    detail: str = ""
    ahead: timedelta = timedelta(0)


class Gap(NamedTuple):
    """An absence, in the platform's time."""

    start: datetime
    end: datetime
    why: str


@dataclass(frozen=True)
class State:
    """What the watcher remembers, also over its own restart."""

    well_at: datetime | None = None
    absent_from: datetime | None = None
    absent_at: datetime | None = None
    """The last time that it was seen absent."""
    failures: int = 0
    why: str = WELL
    detail: str = ""
    told_at: datetime | None = None
    """When people were last told of the absence that lasts."""
    owed: tuple[Gap, ...] = ()
    """Absences that the platform has not taken into its record yet."""
    news: tuple[str, ...] = ()
    """Kinds of pages (`down`, `still`, `back`) that this look calls for."""


def judge(health: Any) -> tuple[str, str, datetime | None]:
    """Return what is wrong by the platform's own account, with a detail, and its time."""
    try:
        now = datetime.fromisoformat(health["now"])
        beat, audit = (
            None if health[name] is None else now - datetime.fromisoformat(health[name])
            for name in ("engine_seen_at", "deadlines_audited_at")
        )
    except (KeyError, TypeError, ValueError):
        return UNWELL, "not the health of a Shoushi", None
    if beat is None or beat > ENGINE_AFTER:
        return SILENT, "" if beat is None else f"{beat.total_seconds():.0f} s", now
    if audit is None or audit > AUDIT_AFTER:
        return UNAUDITED, "" if audit is None else f"{audit.total_seconds():.0f} s", now
    return WELL, "", now


def look(state: State, seen: Seen, limits: Limits) -> State:
    """Take in one look."""
    return _well(state, seen, limits) if seen.why == WELL else _absent(state, seen, limits)


def resumed(state: State, limits: Limits) -> State:
    """Return what a watcher that starts again remembers: a page may have died with it, so remind at once."""
    return replace(state, told_at=state.told_at and state.told_at - limits.remind, news=())


def _absent(state: State, seen: Seen, limits: Limits) -> State:
    near = state.well_at is not None and seen.at - state.well_at <= CLOSE * limits.interval
    failures = state.failures + 1
    news: tuple[str, ...] = ()
    told = state.told_at
    if failures >= limits.failures and (told is None or seen.at - told >= limits.remind):
        news, told = (("down" if told is None else "still"),), seen.at
    return replace(
        state,
        absent_from=state.absent_from or (state.well_at if near else None) or seen.at,
        absent_at=seen.at,
        failures=failures,
        why=seen.why,
        detail=seen.detail,
        told_at=told,
        news=news,
    )


def _well(state: State, seen: Seen, limits: Limits) -> State:
    owed = state.owed
    if state.absent_from and state.absent_at and state.failures >= limits.failures:
        near = seen.at - state.absent_at <= CLOSE * limits.interval
        end = seen.at if near else state.absent_at
        if end > state.absent_from:
            owed = (*owed[-MOST_OWED:], Gap(state.absent_from + seen.ahead, end + seen.ahead, state.why))
    news = ("back",) if state.told_at else ()
    return State(well_at=seen.at, owed=owed, news=news)
