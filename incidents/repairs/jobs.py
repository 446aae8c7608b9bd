"""What the worker does for repairs: start what was approved, and notice what died."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from sqlalchemy import select

from incidents.repairs import rules, service
from incidents.repairs.models import RepairRun
from incidents.repairs.running import folder_of, lose
from kernel.clock import SYSTEM
from kernel.platform import Platform
from playbooks.runner import companion
from playbooks.runner.lock import file_lock, here

_started: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
"""The processes of this worker, and when each was started."""
AGAIN = 10.0
"""Seconds after which a process that ended without having begun is started once more."""


def keep_running(platform: Platform) -> int:
    """Start every approved repair, once, and end those whose process died; returns how many were started."""
    for number in [number for number in _started if _over(number)]:
        _started.pop(number)
    started = 0
    for run in _open(platform):
        if run.state == rules.APPROVED:
            started += _begin(platform, run)
        elif _dead(platform, run):
            lose(platform, run.number)
    return started


def _over(number: str) -> bool:
    process, at = _started[number]
    return process.poll() is not None and SYSTEM.monotonic() - at >= AGAIN


def _open(platform: Platform) -> Sequence[RepairRun]:
    wanted = select(RepairRun).where(RepairRun.state.in_((rules.APPROVED, rules.RUNNING)))
    with platform.db.read() as session:
        return session.scalars(wanted.order_by(RepairRun.id).limit(100)).all()


def _begin(platform: Platform, run: RepairRun) -> bool:
    now = platform.clock.now()
    if run.decided_at is None or rules.expired(run.decided_at, now):
        with platform.db.write(service.PLATFORM.username) as session:
            service.expire(platform, session, now, run.number)
        return False
    if run.number in _started:
        return False
    folder = folder_of(platform, run.number)
    process = companion.start(platform.settings, "incidents.repairs", run.number, folder)
    _started[run.number] = process, SYSTEM.monotonic()
    return True


def _dead(platform: Platform, run: RepairRun) -> bool:
    """Whether nobody runs it any more: by the lock on this machine, by its signs of life on another."""
    if not here(run.holder):
        return rules.outlived(run.lease_until, platform.clock.now())
    with file_lock(folder_of(platform, run.number).parent, run.number) as free:
        return free
