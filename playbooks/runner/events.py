"""What the driver says, as typed events without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playbooks.runner.redaction import Redaction

if TYPE_CHECKING:
    from playbooks.runner.process import Outcome

WORDS = 5
"""Lines of ansible's own words that are kept for when nothing else explains a failure."""
STATUS = {"successful": "ok", "canceled": "cancelled", "timeout": "timeout", "lost": "lost"}


@dataclass(frozen=True, slots=True)
class Task:
    """One task on one host: how it ended and how many seconds it took."""

    kind: str
    """ok, changed, failed, ignored, unreachable, skipped."""
    play: str
    task: str
    host: str
    at: str
    """When it ended, ISO 8601, UTC."""
    seconds: float
    message: str = ""


class Reader:
    """Reads the driver's lines; `outcome` says what they amount to."""

    def __init__(self, redaction: Redaction, on_task: Callable[[Task], None]) -> None:
        self._redaction = redaction
        self._on_task = on_task
        self._tasks: list[Task] = []
        self._measured: Mapping[str, Any] = {}
        self._words: list[str] = []
        self._dark = False

    def line(self, line: str) -> str | None:
        """Take one line; returns our status once the run has ended."""
        try:
            said = json.loads(line)
        except ValueError:
            return None
        said = self._redaction.value(said)
        kind = said.get("event")
        if kind == "task":
            self._task(said)
        elif kind == "stats":
            self._measured = said.get("measured") or {}
            self._dark = bool(said.get("dark"))
        elif kind == "words":
            self._words = [*self._words, said["text"]][-WORDS:]
        elif kind == "end":
            return self._ended(said)
        return None

    def _ended(self, said: Mapping[str, Any]) -> str:
        if said["status"] == "failed":
            return "unreachable" if self._dark else "failed"
        return STATUS.get(said["status"], "failed")

    def _task(self, said: Mapping[str, Any]) -> None:
        if said["kind"] in ("started", "item_failed"):
            return
        kind = said["kind"]
        if kind == "ok" and said.get("changed"):
            kind = "changed"
        elif kind == "failed" and said.get("ignore_errors"):
            kind = "ignored"
        task = Task(
            kind,
            str(said.get("play") or ""),
            str(said.get("task") or ""),
            str(said.get("host") or ""),
            str(said.get("end") or ""),
            float(said.get("duration") or 0.0),
            str(said.get("message") or ""),
        )
        self._tasks.append(task)
        self._on_task(task)

    def driver_said(self, text: str) -> None:
        """Take what the driver wrote where it should write nothing."""
        lines = [line for line in self._redaction.text(text).splitlines() if line.strip()]
        if lines and not self._words:
            self._words = lines[-1:]

    def outcome(self, status: str, seconds: float) -> Outcome:
        """Return the run's end; the message says what failed first."""
        from playbooks.runner.process import Outcome

        wrong = next((t for t in self._tasks if t.kind in ("failed", "unreachable")), None)
        message = ""
        if status != "ok":
            message = f"{wrong.host}: {wrong.task}: {wrong.message}" if wrong else " ".join(self._words)
        return Outcome(status, seconds, tuple(self._tasks), self._measured, message[:1000])
