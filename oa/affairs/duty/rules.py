"""Who is on duty when, and what is wrong with a roster; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import NamedTuple
from zoneinfo import ZoneInfo

PRIMARY, DEPUTY, LEADER = "primary", "deputy", "leader"
ROLE_LABELS = {PRIMARY: "主班", DEPUTY: "副班", LEADER: "带班领导"}
CHANGE_LABELS = {"override": "调整", "swap": "换班"}
DAY = timedelta(days=1)


class Span(NamedTuple):
    """A person has a role from one instant until just before another."""

    role: str
    person: int
    start: datetime
    end: datetime


class Gap(NamedTuple):
    """Nobody has the role."""

    role: str
    start: datetime
    end: datetime


class Handoff(NamedTuple):
    """A role passes from one to another; None is nobody."""

    at: datetime
    role: str
    before: int | None
    after: int | None


def effective(shifts: Iterable[Span], changes: Iterable[Span]) -> list[Span]:
    """Lay the changes over the shifts, in order; each cuts out what lies below it."""
    found = list(shifts)
    for change in changes:
        found = [piece for span in found for piece in _cut(span, change)] + [change]
    return _joined(sorted(found, key=lambda s: (s.role, s.start, s.end)))


def _cut(span: Span, change: Span) -> list[Span]:
    if span.role != change.role or span.end <= change.start or change.end <= span.start:
        return [span]
    left = span._replace(end=change.start)
    right = span._replace(start=change.end)
    return [piece for piece in (left, right) if piece.start < piece.end]


def _joined(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and found[-1][:2] == span[:2] and found[-1].end == span.start:
            found[-1] = found[-1]._replace(end=span.end)
        else:
            found.append(span)
    return found


def on_duty(spans: Iterable[Span], at: datetime) -> dict[str, int]:
    """Return who has each role at an instant; a role that nobody has is missing."""
    return {span.role: span.person for span in spans if span.start <= at < span.end}


def gaps(spans: Iterable[Span], start: datetime, end: datetime) -> list[Gap]:
    """Return when a role has nobody."""
    spans = list(spans)
    found = []
    for role in ROLE_LABELS:
        reached = start
        mine = [s for s in spans if s.role == role and s.end > start and s.start < end]
        for span in sorted(mine, key=lambda s: s.start):
            if span.start > reached:
                found.append(Gap(role, reached, span.start))
            reached = max(reached, span.end)
        if reached < end:
            found.append(Gap(role, reached, end))
    return found


def double_bookings(spans: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Return the pairs that overlap: two people in one role, or one person in two roles."""
    return [
        (a, b)
        for a, b in combinations(sorted(spans, key=lambda s: (s.start, s.role)), 2)
        if (a.role == b.role or a.person == b.person) and a.start < b.end and b.start < a.end
    ]


def handoffs(spans: Iterable[Span], start: datetime, end: datetime) -> list[Handoff]:
    """Return every instant from `start` until before `end` at which a role changes hands."""
    spans = list(spans)
    instants = sorted({t for s in spans for t in (s.start, s.end) if start <= t < end})
    found = []
    for at in instants:
        before = {s.role: s.person for s in spans if s.start < at <= s.end}
        after = on_duty(spans, at)
        found += [
            Handoff(at, role, before.get(role), after.get(role))
            for role in ROLE_LABELS
            if before.get(role) != after.get(role)
        ]
    return found


def days_of(month: str) -> list[date]:
    """Return the days of a month written 2026-03; a ValueError says that it is none."""
    first = date.fromisoformat(f"{month}-01")
    last = (first.replace(day=28) + 4 * DAY).replace(day=1)
    return [first + n * DAY for n in range((last - first).days)]


def begins(day: date, starts: str, zone: ZoneInfo) -> datetime:
    """Return when the shift of a day begins; it ends when the next day's begins."""
    return datetime.combine(day, time.fromisoformat(starts), zone)


def month_range(month: str, starts: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return from when until when a month's roster counts."""
    days = days_of(month)
    return begins(days[0], starts, zone), begins(days[-1] + DAY, starts, zone)


def neighbours(month: str) -> tuple[str, str]:
    """Return the month before and the month after."""
    days = days_of(month)
    return f"{days[0] - DAY:%Y-%m}", f"{days[-1] + DAY:%Y-%m}"


def rotation(days: Sequence[date], people: Sequence[int], every: int) -> dict[date, int]:
    """Let the people take turns, each for so many days."""
    return {day: people[n // every % len(people)] for n, day in enumerate(days)} if people else {}


def clipped(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """Return the part of the spans that lies in a time."""
    return [
        span._replace(start=max(span.start, start), end=min(span.end, end))
        for span in spans
        if span.start < end and span.end > start
    ]
