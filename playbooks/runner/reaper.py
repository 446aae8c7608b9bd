"""Stops whatever belongs to a run: every process that carries the run's marker in its environment.

ansible-core 2.19 puts its workers into sessions of their own, so killing a process group leaves them at
work; and a module that runs `async` outlives every signal sent to ansible-playbook. The marker finds all.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import psutil

from kernel.clock import SYSTEM

MARKER = "SHOUSHI_RUN_MARKER"
GENTLE = 3.0
"""Seconds that ansible-playbook has to end its workers by itself after SIGINT."""
HARSH = 5.0
"""Seconds until a process that was killed must be gone."""
POLL = 0.05


def carriers(wanted: Callable[[str], bool]) -> list[psutil.Process]:
    """Return the living processes whose marker is wanted, this one left out."""
    found = []
    for process in psutil.process_iter():
        try:
            marker = process.environ().get(MARKER)
            if marker and wanted(marker) and process.pid != os.getpid() and not _dead(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or another user's: neither is ours to stop
    return found


def _dead(process: psutil.Process) -> bool:
    return bool(process.status() == psutil.STATUS_ZOMBIE)


def reap(marker: str, *, prefix: bool = False, spare: int = 0) -> int:
    """Stop everything of a run: SIGINT to ansible-playbook, wait, then SIGKILL; returns how many were killed.

    With `prefix`, the marker's beginning is enough: all runs of one drill. `spare` names a process to leave.
    """

    def ours() -> list[psutil.Process]:
        found = carriers(lambda value: value.startswith(marker) if prefix else value == marker)
        return [process for process in found if process.pid != spare]

    for process in ours():
        if _is_playbook(process):
            _send(process, signal.SIGINT)
    _gone(ours, GENTLE)
    killed = 0
    end = SYSTEM.monotonic() + HARSH
    while (left := ours()) and SYSTEM.monotonic() < end:
        killed += sum(_send(process, signal.SIGKILL) for process in left)
        time.sleep(POLL)
    return killed


def _is_playbook(process: psutil.Process) -> bool:
    """Whether it is ansible-playbook itself and not one of its workers, which look alike."""
    try:
        named = any(part.endswith("ansible-playbook") for part in process.cmdline()[:3])
        parent = process.parent()
        return named and not (parent and any(p.endswith("ansible-playbook") for p in parent.cmdline()[:3]))
    except psutil.Error:
        return False


def _send(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True


def _gone(ours: Callable[[], list[psutil.Process]], seconds: float) -> None:
    end = SYSTEM.monotonic() + seconds
    while ours() and SYSTEM.monotonic() < end:
        time.sleep(POLL)
