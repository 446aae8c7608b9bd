"""What the worker does for drills: start a conductor where one is wanted and none lives."""

from __future__ import annotations

import logging
import subprocess

from sqlalchemy import or_, select

from drills import rules
from drills.conductor.lab import labs
from drills.conductor.stage import folder_of
from drills.log import asked_again
from drills.models import Drill
from kernel.clock import SYSTEM
from kernel.platform import Platform
from playbooks.runner import companion, lock

log = logging.getLogger(__name__)
_running: dict[str, subprocess.Popen[bytes]] = {}
_patience: dict[str, tuple[float, float]] = {}
"""When a conductor that failed may be started again, and for how long to wait the next time."""
LONGEST_WAIT = 60.0


def keep_conducted(platform: Platform) -> int:
    """Start a conductor for every drill that is under way and has none; returns how many were started.

    A conductor is a process of its own session: it outlives the worker that started it, and whoever finds
    its lock free knows that it is dead.
    """
    for number in [number for number, process in _running.items() if process.poll() is not None]:
        _ended(number, _running.pop(number).returncode)
    started = 0
    for number in wanting(platform):
        ready = SYSTEM.monotonic() >= _patience.get(number, (0.0, 0.0))[0]
        if ready and number not in _running and _unlocked(platform, number):
            _running[number] = start(platform, number)
            started += 1
    return started


def _ended(number: str, status: int) -> None:
    """Wait longer each time before a conductor that fails by itself is started again."""
    if status == 0:
        _patience.pop(number, None)
        return
    wait = min(LONGEST_WAIT, 2 * _patience.get(number, (0.0, 0.5))[1])
    _patience[number] = (SYSTEM.monotonic() + wait, wait)
    log.warning("conductor of drill %s ended with status %s; see its conductor.log", number, status)


def wanting(platform: Platform) -> list[str]:
    """Return the drills that somebody has to conduct."""
    now = platform.clock.now()
    free = or_(Drill.holder.is_(None), Drill.lease_until < now, Drill.holder.like(f"{lock.host()}:%"))
    busy = select(Drill.number).where(Drill.state.in_(rules.UNDER_WAY), free)
    left = select(Drill.number).where(Drill.state.not_in(rules.ACTIVE), Drill.number.in_(labs(platform)))
    stuck = select(Drill).where(Drill.state == rules.ROLLBACK_FAILED, free)
    with platform.db.read() as session:
        again = [drill.number for drill in session.scalars(stuck) if asked_again(session, drill)]
        return sorted({*session.scalars(busy), *session.scalars(left.where(free)), *again})


def _unlocked(platform: Platform, number: str) -> bool:
    with lock.file_lock(folder_of(platform, number).parent, number) as free:
        return free


def start(platform: Platform, number: str) -> subprocess.Popen[bytes]:
    """Start the conductor of a drill."""
    return companion.start(platform.settings, "drills.conductor", number, folder_of(platform, number))
