"""Runs one playbook: starts the driver, reads what it says, stops it in time, and tidies up after it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import yaml

from kernel.clock import SYSTEM
from playbooks.runner import events, reaper
from playbooks.runner.environment import CONTENT, ROOT, environment
from playbooks.runner.redaction import Redaction
from playbooks.runner.tools import inventory_file

BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from playbooks.runner.driver import main; main(sys.argv[2])"
)
LOOK = 0.1
"""Seconds between looks at whether somebody wants the run stopped."""
AFTER = 5.0
"""Seconds that the driver has to end once its last word was said."""
OK, FAILED, UNREACHABLE, TIMEOUT, CANCELLED, LOST = (
    "ok",
    "failed",
    "unreachable",
    "timeout",
    "cancelled",
    "lost",
)


@dataclass(frozen=True, slots=True)
class Request:
    """What to run, on what, and for how many seconds at most."""

    playbook: Path
    inventory: str | Path
    """The text of a static YAML inventory, or the file that holds it."""
    marker: str
    """Names this run among all processes of the machine; never used twice."""
    seconds: float
    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Variables whose values must appear nowhere."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: our own word, not the runner's, which does not know of a stop."""

    status: str
    seconds: float
    tasks: tuple[events.Task, ...] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether every task did what it should."""
        return self.status == OK


def run(
    request: Request,
    folder: Path,
    on_task: Callable[[events.Task], None] = lambda _task: None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Run the playbook in `folder`, which is made here, must not exist, and is removed in the end.

    `on_task` is called for each task on each host as it ends; `stop` is asked ten times a second.
    Whatever happens, no process of the run is left when this returns.
    """
    folder.mkdir(mode=0o700, parents=True)
    begun = SYSTEM.monotonic()
    try:
        _prepare(request, folder)
        reader = events.Reader(Redaction(request.secrets.values()), on_task)
        status = _drive(request, folder, reader, stop, begun)
        return reader.outcome(status, SYSTEM.monotonic() - begun)
    finally:
        reaper.reap(request.marker)
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(request: Request, folder: Path) -> None:
    (folder / "tmp").mkdir(mode=0o700)
    inventory = inventory_file(request.inventory, folder)
    _write(folder / "values.yml", yaml.safe_dump(dict(request.values), allow_unicode=True))
    cmdline = f"-e @{folder / 'values.yml'}"
    if request.secrets:
        _write(folder / "secrets.yml", yaml.safe_dump(dict(request.secrets), allow_unicode=True))
        cmdline += f" -e @{folder / 'secrets.yml'}"
    asked = {
        "playbook": str(request.playbook),
        "inventory": str(inventory),
        "cmdline": cmdline,
    }
    _write(folder / "request.json", json.dumps(asked))


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def _drive(
    request: Request, folder: Path, reader: events.Reader, stop: Callable[[], bool], begun: float
) -> str:
    """Let the driver run to its end, or until time is up or somebody stops it; returns our status."""
    with (folder / "driver.log").open("w") as log:
        driver = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-c", BOOT, str(ROOT), str(folder)],
            env=environment(folder, request.marker),
            cwd=CONTENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
    lines: queue.Queue[str | None] = queue.Queue()
    assert driver.stdout is not None  # noqa: S101 - narrows the type for mypy
    listener = threading.Thread(target=_listen, args=(driver.stdout, lines), daemon=True)
    listener.start()
    try:
        return _follow(request, reader, stop, begun, lines)
    finally:
        assert driver.stdin is not None  # noqa: S101 - narrows the type for mypy
        driver.stdin.close()
        listener.join(AFTER)  # ends with the driver, and at once: a wait with a limit looks only now and then
        _end(driver, request.marker)
        listener.join(AFTER)  # or with the last process that holds the other end
        if not listener.is_alive():
            driver.stdout.close()
        reader.driver_said((folder / "driver.log").read_text(encoding="utf-8", errors="replace"))


def _listen(stream: TextIO, lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _follow(
    request: Request,
    reader: events.Reader,
    stop: Callable[[], bool],
    begun: float,
    lines: queue.Queue[str | None],
) -> str:
    asked = 0.0
    while True:
        try:
            line = lines.get(timeout=LOOK)
        except queue.Empty:
            line = ""
        if line is None:
            return LOST
        if line and (ended := reader.line(line)):
            return ended
        now = SYSTEM.monotonic()
        if now - begun > request.seconds:
            return TIMEOUT
        if now - asked >= LOOK:
            asked = now
            if stop():
                return CANCELLED


def _end(driver: subprocess.Popen[str], marker: str) -> None:
    """Wait for the driver, which ends when its input does; kill what does not."""
    try:
        driver.wait(AFTER)
    except subprocess.TimeoutExpired:
        reaper.reap(marker)
        driver.kill()
        driver.wait(AFTER)
