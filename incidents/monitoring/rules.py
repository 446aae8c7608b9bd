"""When a probe is due, when a target counts as down, and what availability comes of it. Pure.

A target is down after so many failures in a row and up again after so many successes in a row. One that
goes down again soon after it came back has to prove itself longer each time: it flaps (incidents.md §2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from zlib import crc32

UNKNOWN, UP, DOWN, MAINTENANCE = "unknown", "up", "down", "maintenance"
STATE_LABELS = {"unknown": "未知", "up": "正常", "down": "异常", "maintenance": "维护中"}
STATE_TONES = {UNKNOWN: "unobserved", UP: "ok", DOWN: "over", MAINTENANCE: "paused"}
CALM = timedelta(minutes=10)
"""One that fails again within this time of coming back is flapping."""
MOST_FLAPS = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """How many in a row make it down, how many make it up."""

    failures: int = 3
    recoveries: int = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a probe stands; `streak` counts results in a row that speak against the state."""

    state: str = UNKNOWN
    since: datetime | None = None
    streak: int = 0
    streak_since: datetime | None = None
    flaps: int = 0
    """How often it has come back, each time soon after the last."""


def advance(now: Standing, limits: Limits, at: datetime, *, ok: bool) -> Standing:
    """Take in one result. When the state changes, `since` is when the first result of the streak was."""
    if now.state == MAINTENANCE:
        now = Standing(UNKNOWN, at, flaps=now.flaps)
    agrees = ok if now.state == UP else not ok if now.state == DOWN else False
    if agrees:
        return now if not now.streak else replace(now, streak=0, streak_since=None)
    if now.state == UNKNOWN:
        return _from_unknown(now, limits, at, ok=ok)
    streak, begun = now.streak + 1, now.streak_since or at
    if streak < needed(now, limits):
        return replace(now, streak=streak, streak_since=begun)
    if now.state == DOWN:
        return Standing(UP, begun, flaps=min(MOST_FLAPS, now.flaps + 1))
    soon = now.since is not None and begun - now.since < CALM
    return Standing(DOWN, begun, flaps=now.flaps if soon else 0)


def _from_unknown(now: Standing, limits: Limits, at: datetime, *, ok: bool) -> Standing:
    """One success is enough for up; failures count as ever."""
    if ok:
        return Standing(UP, at, flaps=now.flaps)
    streak, begun = now.streak + 1, now.streak_since or at
    if streak >= limits.failures:
        return Standing(DOWN, begun, flaps=now.flaps)
    return replace(now, since=now.since or at, streak=streak, streak_since=begun)


def needed(now: Standing, limits: Limits) -> int:
    """Return how many results in a row change the state; recovery is twice as hard with each flap."""
    return limits.recoveries * 2**now.flaps if now.state == DOWN else limits.failures


def next_due(key: str, interval: int, after: float) -> float:
    """Return the first due time after `after` (seconds since the epoch), on the probe's own grid.

    The key decides where in the interval it lies: a thousand probes spread evenly, the same after a restart.
    """
    offset = crc32(key.encode()) % (interval * 1000) / 1000
    return (int((after - offset) // interval) + 1) * interval + offset


def first_due(key: str, interval: int, now: float) -> float:
    """Return when a probe is asked first after a start: within half a minute, spread likewise."""
    return now + crc32(key.encode()) % (min(interval, 30) * 1000) / 1000


_DAILY = re.compile(r"(?:([1-7]) )?(\d\d):(\d\d)-(\d\d):(\d\d)")
_ONCE = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d)\s*/\s*(\d{4}-\d\d-\d\d[ T]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window: once, daily, or on one weekday (1 is Monday); it may go past midnight."""

    start: time | datetime
    end: time | datetime
    weekday: int | None = None

    def covers(self, local: datetime) -> bool:
        """Whether a local time lies in it."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.start <= local.replace(tzinfo=None) < self.end
        clock, start, end = local.time(), _clock(self.start), _clock(self.end)
        if start < end:
            return self._on(local.date()) and start <= clock < end
        return (self._on(local.date()) and clock >= start) or (
            self._on(local.date() - timedelta(days=1)) and clock < end
        )

    def _on(self, day: date) -> bool:
        return self.weekday is None or day.isoweekday() == self.weekday


def _clock(at: time | datetime) -> time:
    return at.time() if isinstance(at, datetime) else at


def window_of(line: str) -> Window:
    """Read `02:00-03:00`, `7 02:00-04:00` or `2026-03-03 01:00/2026-03-03 03:00`; ValueError otherwise."""
    line = line.strip()
    if found := _DAILY.fullmatch(line):
        day, *clock = found.groups()
        hour, minute, to_hour, to_minute = map(int, clock)
        start, end = time(hour, minute), time(to_hour, to_minute)
        if start != end:
            return Window(start, end, int(day) if day else None)
    elif found := _ONCE.fullmatch(line):
        begin, finish = (datetime.fromisoformat(text) for text in found.groups())
        if begin < finish:
            return Window(begin, finish)
    raise ValueError(line)


def maintained(windows: Iterable[Window], at: datetime, zone: tzinfo) -> bool:
    """Whether any window covers the instant."""
    local = at.astimezone(zone)
    return any(window.covers(local) for window in windows)


def by_day(start: datetime, end: datetime, zone: tzinfo) -> dict[date, float]:
    """Return the seconds of a stretch in each local day."""
    found: dict[date, float] = {}
    while start < end:
        day = start.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(start.tzinfo)
        until = min(end, midnight)
        found[day] = found.get(day, 0.0) + (until - start).total_seconds()
        start = until
    return found


def counted(gap: float, interval: int) -> float:
    """Return how many seconds a check speaks for: the time since the last one, unless nobody looked."""
    return max(0.0, min(gap, 2.0 * interval))


def availability(seen: float, down: float) -> Decimal | None:
    """Return the percentage of the time seen in which it was not down; None when nobody looked."""
    if seen <= 0:
        return None
    share = 1 - min(max(down, 0.0), seen) / seen
    found = (Decimal(share) * 100).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return min(found, Decimal("99.999")) if down > 0 else found


def level(percent: Decimal | None) -> int | str:
    """Return the shade of a day in the heat map."""
    if percent is None:
        return "unobserved"
    steps: Sequence[tuple[str, int | str]] = (("100", 1), ("99.9", 2), ("99", 3), ("95", 4))
    return next((shade for least, shade in steps if percent >= Decimal(least)), "over")
