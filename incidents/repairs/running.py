"""Runs one approved repair in a process of its own: once, with signs of life, and never a second time."""

from __future__ import annotations

import logging
import secrets as random
from dataclasses import asdict
from pathlib import Path
from typing import Any

from incidents.repairs import rules, service
from incidents.repairs.models import RepairRun
from kernel.clock import SYSTEM
from kernel.crypto import sm3_hex
from kernel.errors import AppError, ConfigError
from kernel.platform import Platform
from playbooks import secrets
from playbooks.runner import Outcome, Request, reap, run
from playbooks.runner.events import Task
from playbooks.runner.lock import file_lock, holder

log = logging.getLogger(__name__)
LOOK = 1.0
"""Seconds between signs of life, which are also looks at whether somebody wants it stopped."""
DONE = ("ok", "changed")
"""What a task that did something ends as; a play whose hosts match nothing has none, and repaired nothing."""
NOTHING_WORDS = "剧本没有在任何主机上执行任务。"
WHO = service.PLATFORM.username


def execute(platform: Platform, number: str) -> bool:
    """Run an approved repair to its end; returns False when somebody else has it.

    A run that is found already begun belongs to a process that died: nobody knows how far it came, so it
    is ended as lost, what is left of it is stopped, and it is not begun again.
    """
    with file_lock(folder_of(platform, number).parent, number) as ours:
        if not ours:
            return False
        with platform.db.write(WHO) as session:
            taken = service.begin(session, platform.clock.now(), number, holder())
            found = service.find(session, number)
        if taken:
            _end(platform, number, _run(platform, found))
        elif found.state == rules.RUNNING:
            lose(platform, number)
        return True


def lose(platform: Platform, number: str) -> None:
    """End a run whose process died."""
    reap(_marker(platform, number), prefix=True)
    with platform.db.write(WHO) as session:
        service.end(platform, session, platform.clock.now(), number, "lost", {})


def _run(platform: Platform, found: RepairRun) -> Outcome:
    try:
        entry = service.entry_of(found)
        known = secrets.load(platform.settings)
    except (AppError, ConfigError) as error:
        return Outcome("failed", 0.0, message=str(error))
    marker = f"{_marker(platform, found.number)}{random.token_hex(6)}"
    request = Request(
        playbook=entry.playbook("repair.yml"),
        inventory=found.inventory,
        marker=marker,
        seconds=entry.what.timeout,
        values=found.values,
        secrets=known,
    )
    watch = _Watch(platform, found.number)
    folder = folder_of(platform, found.number) / marker.partition(":")[2]
    try:
        return run(request, folder, watch.task, watch.stop)
    except Exception as error:
        log.exception("repair %s", found.number)
        return Outcome("failed", 0.0, message=f"{type(error).__name__}")


def _end(platform: Platform, number: str, outcome: Outcome) -> None:
    status, message = outcome.status, outcome.message
    if outcome.ok and not any(task.kind in DONE for task in outcome.tasks):
        status, message = "failed", NOTHING_WORDS
    result: dict[str, Any] = {
        "message": message,
        "measured": dict(outcome.measured),
        "tasks": [asdict(task) for task in outcome.tasks if task.kind != "skipped"],
    }
    with platform.db.write(WHO) as session:
        service.end(platform, session, platform.clock.now(), number, status, result)


class _Watch:
    """Keeps what happens, and asks whether to go on."""

    def __init__(self, platform: Platform, number: str) -> None:
        self._platform, self._number = platform, number
        self._tasks: list[dict[str, Any]] = []
        self._looked = SYSTEM.monotonic()
        self._stopping = False

    def task(self, task: Task) -> None:
        if task.kind != "skipped":
            self._tasks.append(asdict(task))

    def stop(self) -> bool:
        now = SYSTEM.monotonic()
        if now - self._looked >= LOOK and not self._stopping:
            self._looked = now
            with self._platform.db.write(WHO) as session:
                self._stopping = service.alive(session, self._platform.clock.now(), self._number, self._tasks)
        return self._stopping


def folder_of(platform: Platform, number: str) -> Path:
    """Return where a run keeps its files while it runs."""
    return Path(platform.settings.data_dir).resolve() / "repairs" / number


def _marker(platform: Platform, number: str) -> str:
    """Return what the marker of a run begins with: another installation may use its number."""
    return f"{number}@{sm3_hex(str(folder_of(platform, number)).encode())[:12]}:"
