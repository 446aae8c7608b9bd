"""Watching the watcher: blind time, clock jumps, late or forgotten deadlines (contract.md §2.15)."""

from __future__ import annotations

import logging
import weakref
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel import audit, bus
from kernel.clock import Clock
from kernel.db.once import insert_once
from kernel.platform import Platform
from sla.deadlines.models import ARMED, BlindTime, Deadline, Heartbeat

log = logging.getLogger(__name__)
DOWN_AFTER = timedelta(seconds=60)
"""A gap between two heartbeats longer than this was a time in which nobody watched."""
JUMP = 5.0
"""Seconds by which wall and monotonic clock may drift apart between two beats (NTP slews far less)."""
LATE_AFTER = timedelta(seconds=60)
SAME = timedelta(seconds=10)
"""Blind intervals of one reason whose ends differ by less are one."""

ENGINE, AUDIT = "engine", "audit"
"""Heartbeat rows: the engine lives; all deadlines were found in order."""
BEAT_EVERY = 5.0
"""Real seconds between heartbeat rows; the clocks are compared at every tick."""


class _Seen(NamedTuple):
    wall: datetime
    mono: float


_last: weakref.WeakKeyDictionary[object, _Seen] = weakref.WeakKeyDictionary()


def beat(platform: Platform) -> bool:
    """Note that the engine is alive; returns whether blind time was recorded.

    Blind is the gap since the last heartbeat when nobody was there to look (the platform, or its database,
    was down or stood still), and the distance that the wall clock jumped against the monotonic one.
    """
    clock = platform.clock
    now, mono = clock.now(), clock.monotonic()
    seen = _last.get(clock)
    elapsed = mono - seen.mono if seen else 0.0
    drift = (now - seen.wall).total_seconds() - elapsed if seen else 0.0
    if seen and abs(drift) <= JUMP and elapsed < BEAT_EVERY:
        return False  # at any pace
    pace = max(1.0, clock.speed)
    jumped = abs(drift) > JUMP * pace
    if seen and not jumped and elapsed < BEAT_EVERY * pace:
        return False
    expected = now - timedelta(seconds=drift)
    with platform.db.write("engine") as session:
        stored = session.scalar(select(Heartbeat.at).where(Heartbeat.name == ENGINE).with_for_update())
        blind = False
        if jumped:
            reason = "clock_jump" if now > expected else "clock_back"
            blind = note_blind(session, now, min(expected, now), max(expected, now), reason)
        elif stored is not None and _absent(platform, seen, now) and abs(now - stored) > DOWN_AFTER * pace:
            reason = "platform_down" if now > stored else "clock_back"
            blind = note_blind(session, now, min(stored, now), max(stored, now), reason)
        if stored is None:
            insert_once(session, Heartbeat, {"name": ENGINE, "at": now})
        else:
            session.execute(update(Heartbeat).where(Heartbeat.name == ENGINE).values(at=now))
    _last[clock] = _Seen(now, mono)  # only now: a beat that could not be written is none
    return blind


def _absent(platform: Platform, seen: _Seen | None, now: datetime) -> bool:
    """Whether this process has just started, or has been unable to look for a while."""
    if seen is None:
        return True
    return platform.clock.runs and now - seen.wall > DOWN_AFTER * max(1.0, platform.clock.speed)


def note_blind(session: Session, now: datetime, start: datetime, end: datetime, reason: str) -> bool:
    """Record a blind interval and tell the packages above, which mark what fell into it."""
    if not enter_blind(session, now, start, end, reason):
        return False
    payload = {"from": start.isoformat(), "to": end.isoformat(), "reason": reason}
    bus.publish(session, now, "blind_time", payload)
    return True


def enter_blind(
    session: Session, now: datetime, start: datetime, end: datetime, reason: str, words: str = ""
) -> bool:
    """Enter a blind interval into the record; returns whether it is new.

    Several workers see one jump of the clock within moments of each other; it is recorded once.
    """
    same = select(BlindTime.id).where(
        BlindTime.reason == reason,
        BlindTime.from_at.between(start - SAME, start + SAME),
        BlindTime.to_at.between(end - SAME, end + SAME),
    )
    row = {"from_at": start, "to_at": end, "reason": reason, "noted_at": now}
    if session.scalar(same.limit(1)) or not insert_once(session, BlindTime, row):
        return False
    detail = {"from": start, "to": end, "reason": reason}
    audit.record(session, now, "engine.blind", "engine", detail | ({"words": words} if words else {}))
    log.error("blind time from %s to %s (%s)", start, end, reason)
    return True


def check_late(platform: Platform) -> int:
    """Find deadlines that should have fired; an engine that is silently broken shows here and in metrics."""
    count_late(platform)
    return 0


def count_late(platform: Platform) -> int:
    """Return how many armed deadlines are a minute or more overdue; one indexed query."""
    limit = platform.clock.now() - LATE_AFTER * max(1.0, platform.clock.speed)
    wanted = select(func.count()).select_from(Deadline)
    with platform.db.read() as session:
        late = session.scalar(wanted.where(Deadline.state == ARMED, Deadline.wake_at < limit)) or 0
    platform.metrics.gauge("shoushi_deadlines_late", "Armed deadlines a minute or more overdue", float(late))
    if late:
        log.error("%d deadlines are a minute or more late", late)
    return late


def note_audit(platform: Platform) -> None:
    """Note that all deadlines were found in order just now."""
    now = platform.clock.now()
    with platform.db.write("engine") as session:
        changed = session.execute(update(Heartbeat).where(Heartbeat.name == AUDIT).values(at=now))
        if not changed.rowcount:  # type: ignore[attr-defined]
            insert_once(session, Heartbeat, {"name": AUDIT, "at": now})


def forget(clock: Clock) -> None:
    """Forget what this process saw, as a restart would."""
    _last.pop(clock, None)
