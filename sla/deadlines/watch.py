"""Watching the watcher: blind time, clock jumps, late or forgotten deadlines (contract.md §2.15)."""

from __future__ import annotations

import logging
import weakref
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from kernel import audit, bus
from kernel.clock import Clock
from kernel.platform import Platform
from sla.deadlines.models import ARMED, BlindTime, Deadline, Heartbeat

log = logging.getLogger(__name__)
DOWN_AFTER = timedelta(seconds=60)
"""A gap between two heartbeats longer than this was a time in which nobody watched."""
JUMP = timedelta(seconds=5)
"""Wall and monotonic clock may drift apart by this much between two beats (slewing NTP stays far below)."""
LATE_AFTER = timedelta(seconds=60)

BEAT_EVERY = 5.0
"""Real seconds between heartbeat rows; the clocks are compared at every tick."""


class _Seen(NamedTuple):
    wall: datetime
    mono: float
    written: float


_last: weakref.WeakKeyDictionary[object, _Seen] = weakref.WeakKeyDictionary()


def beat(platform: Platform) -> bool:
    """Note that the engine is alive; returns whether blind time was recorded.

    Blind is the gap since the last heartbeat when the platform was down, and the distance that the wall
    clock jumped against the monotonic one.
    """
    now, mono = platform.clock.now(), platform.clock.monotonic()
    speed = max(1.0, platform.clock.speed)
    seen = _last.get(platform.clock)
    jumped = seen is not None and abs((now - seen.wall) - timedelta(seconds=mono - seen.mono)) > JUMP * speed
    if seen and not jumped and mono - seen.written < BEAT_EVERY * speed:
        _last[platform.clock] = _Seen(now, mono, seen.written)
        return False
    _last[platform.clock] = _Seen(now, mono, mono)
    with platform.db.write("engine") as session:
        stored = session.scalar(select(Heartbeat.at).where(Heartbeat.name == "engine").with_for_update())
        blind = False
        if seen is not None and jumped:
            blind = note_blind(session, now, min(seen.wall, now), max(seen.wall, now), "clock_jump")
        elif seen is None and stored is not None and abs(now - stored) > DOWN_AFTER * speed:
            reason = "platform_down" if now > stored else "clock_back"
            blind = note_blind(session, now, min(stored, now), max(stored, now), reason)
        if stored is None:
            session.execute(insert(Heartbeat), {"name": "engine", "at": now})
        else:
            session.execute(update(Heartbeat).where(Heartbeat.name == "engine").values(at=now))
    return blind


def note_blind(session: Session, now: datetime, start: datetime, end: datetime, reason: str) -> bool:
    """Record a blind interval and tell the packages above, which mark what fell into it."""
    if session.scalar(select(BlindTime.id).where(BlindTime.from_at == start, BlindTime.to_at == end)):
        return False
    session.execute(insert(BlindTime), {"from_at": start, "to_at": end, "reason": reason, "noted_at": now})
    audit.record(session, now, "engine.blind", "engine", {"from": start, "to": end, "reason": reason})
    payload = {"from": start.isoformat(), "to": end.isoformat(), "reason": reason}
    bus.publish(session, now, "blind_time", payload)
    log.error("blind time from %s to %s (%s)", start, end, reason)
    return True


def check_late(platform: Platform) -> int:
    """Find deadlines that should have fired; an engine that is silently broken shows here and in metrics."""
    now = platform.clock.now()
    limit = now - LATE_AFTER * max(1.0, platform.clock.speed)
    with platform.db.read() as session:
        late = session.scalar(
            select(func.count())
            .select_from(Deadline)
            .where(Deadline.state == ARMED, Deadline.wake_at < limit)
        )
        armed = session.scalar(select(func.count()).select_from(Deadline).where(Deadline.state == ARMED))
    platform.metrics.gauge(
        "shoushi_deadlines_late", "Armed deadlines a minute or more overdue", float(late or 0)
    )
    platform.metrics.gauge("shoushi_deadlines_armed", "Armed deadlines", float(armed or 0))
    if late:
        log.error("%d deadlines are a minute or more late", late)
    return 0


def forget(clock: Clock) -> None:
    """Forget what this process saw, as a restart would."""
    _last.pop(clock, None)
