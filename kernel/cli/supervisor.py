"""Run several web and worker processes as one service: start, restart when one dies, stop them together."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from kernel.cli.listening import reserve
from kernel.clock import SYSTEM, Clock
from kernel.errors import ConfigError
from kernel.settings import Settings

log = logging.getLogger(__name__)
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)
WINDOW, LIMIT = 60.0, 5
"""A child that fails so often within so many seconds cannot be helped by starting it again."""
STOP_WITHIN = 15.0
POLL = 0.2


class GaveUp(ConfigError):
    """A child process keeps failing."""


@dataclass(slots=True)
class Child:
    """One process that is to be kept running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    failures: list[float] = field(default_factory=list)
    start_at: float = 0.0


class Supervisor:
    """Keeps children running until it is told to stop."""

    def __init__(self, children: Sequence[Child], clock: Clock = SYSTEM) -> None:
        self._children = children
        self._clock = clock
        self._stop = threading.Event()

    def request_stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask `run` to end; fit to be a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Start all, restart what dies, and stop all in the end; raises GaveUp when one can't be kept up."""
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._look_after(child)
                self._stop.wait(POLL)
        finally:
            self._stop_all()

    def _look_after(self, child: Child) -> None:
        now = self._clock.monotonic()
        if child.process is not None:
            status = child.process.poll()
            if status is not None:
                self._note_death(child, now, status)
        elif now >= child.start_at:
            child.process = subprocess.Popen(child.command)  # noqa: S603 - our own
            log.info("%s started as process %d", child.name, child.process.pid)

    def _note_death(self, child: Child, now: float, status: int) -> None:
        child.process = None
        child.failures = [*(t for t in child.failures if now - t < WINDOW), now]
        if len(child.failures) >= LIMIT:
            raise GaveUp(f"{child.name} 在一分钟内失败了 {LIMIT} 次（状态 {status}），停止运行；原因见其日志")
        pause = BACKOFF[len(child.failures) - 1]
        child.start_at = now + pause
        log.error("%s ended with status %d; starting again in %.1f s", child.name, status, pause)

    def _stop_all(self) -> None:
        running = [c.process for c in self._children if c.process is not None]
        for process in running:
            process.terminate()
        end = self._clock.monotonic() + STOP_WITHIN
        for process in running:
            try:
                process.wait(max(0.1, end - self._clock.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def supervise(host: str, port: int, settings: Settings) -> None:
    """Run the configured numbers of web and worker processes until SIGTERM or SIGINT."""
    with reserve(host, port) as held:
        supervisor = Supervisor(children_of(host, held.getsockname()[1], settings))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, supervisor.request_stop)
        supervisor.run()


def children_of(host: str, port: int, settings: Settings) -> list[Child]:
    """Return the processes of the service; each has its place, by which it chooses a core."""
    shared = ("web", "--shared", "--host", host, "--port", str(port))
    commands: list[tuple[str, Sequence[str]]] = [
        (f"web {n}", shared) for n in range(1, settings.web_processes + 1)
    ]
    commands += [
        (f"worker {n}", ("worker", "--number", str(n))) for n in range(1, settings.worker_processes + 1)
    ]
    return [
        Child(name, (sys.executable, "-m", "app", *command, "--place", str(place)))
        for place, (name, command) in enumerate(commands)
    ]
