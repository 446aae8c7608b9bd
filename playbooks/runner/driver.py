"""The child that drives ansible-runner: reads `request.json`, says what happens as JSON lines, and ends.

It lives as long as its standard input is open: when whoever started it dies, it stops the playbook and
ends too. It imports nothing of the platform but the reaper, so that it starts quickly.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from playbooks.runner.reaper import MARKER, reap

TOLD = ("play", "task", "host", "start", "end", "duration", "ignore_errors")
LONGEST = 500
TASKS = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": "skipped",
    "runner_on_start": "started",
    "runner_item_on_failed": "item_failed",
}


def main(folder: str) -> None:
    """Run the one playbook that `folder` asks for."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with what we say
    run = Run(Path(folder), said)
    threading.Thread(target=run.watch_lifeline, daemon=True).start()
    run.go()
    os._exit(0)  # all is said and closed; whoever waits need not wait for modules to be taken apart


class Run:
    """One run."""

    def __init__(self, folder: Path, said: Any) -> None:
        self._folder = folder
        self._said = said
        self._lock = threading.Lock()
        self._lost = threading.Event()

    def watch_lifeline(self) -> None:
        """Wait until standard input ends, then stop the playbook."""
        while os.read(0, 4096):
            pass
        self._lost.set()
        reap(os.environ[MARKER], spare=os.getpid())

    def go(self) -> None:
        """Run the playbook and say its end."""
        import ansible_runner

        request = json.loads((self._folder / "request.json").read_text(encoding="utf-8"))
        ended = ansible_runner.run(
            private_data_dir=str(self._folder),
            ident="run",
            playbook=request["playbook"],
            inventory=request["inventory"],
            cmdline=request["cmdline"],
            event_handler=self.on_event,
            quiet=True,
            settings={"pexpect_timeout": 1, "suppress_ansible_output": True},
        )
        status = "lost" if self._lost.is_set() else ended.status
        self.say({"event": "end", "status": status, "rc": ended.rc})

    def on_event(self, event: dict[str, Any]) -> bool:
        """Say what matters of an event; never keep it on disk."""
        kind, data = event.get("event", ""), event.get("event_data") or {}
        if kind in TASKS:
            result = data.get("res") or {}
            line = {name: data.get(name) for name in TOLD} | {"event": "task", "kind": TASKS[kind]}
            line["changed"] = bool(result.get("changed"))
            if TASKS[kind] in ("failed", "unreachable", "item_failed"):
                line["message"] = _message(result)
            self.say(line)
        elif kind == "playbook_on_stats":
            stats = {name: data.get(name) or {} for name in ("ok", "failures", "dark", "processed")}
            self.say(
                {"event": "stats", **stats, "measured": (data.get("artifact_data") or {}).get("measured")}
            )
        elif kind in ("verbose", "error", "warning") and event.get("stdout"):
            self.say({"event": "words", "text": event["stdout"][:LONGEST]})
        return False

    def say(self, line: dict[str, Any]) -> None:
        """Write one line; nobody listening any more means that we are to stop."""
        try:
            with self._lock:
                self._said.write(json.dumps(line, ensure_ascii=False) + "\n")
                self._said.flush()
        except OSError:
            self._lost.set()


def _message(result: dict[str, Any]) -> str:
    if result.get("censored") or result.get("_ansible_no_log"):
        return "(no_log)"
    found = [str(result[name]) for name in ("msg", "stderr", "module_stderr") if result.get(name)]
    return " ".join(found)[:LONGEST]
