"""A drill without Ansible: the conductor's own logic on a service that is up or down in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from drills.conductor import arming, prober, stage
from playbooks.runner import Outcome, Request
from playbooks.schema import Probe
from tests.support.drills import Rig, write_scenario

BOOKS = ("inject_a", "inject_b", "undo_a", "undo_b")
SCENARIO: dict[str, Any] = {
    "lab": None,
    "probes": {"page": {"kind": "tcp", "host": "nowhere", "port": 1, "every": 0.01, "timeout": 1, "need": 1}},
    "injections": [
        {"id": "a", "playbook": "inject_a.yml", "timeout": 30, "undo": "undo_a.yml"},
        {"id": "b", "playbook": "inject_b.yml", "timeout": 30, "undo": "undo_b.yml"},
    ],
    "response": [
        {"id": "ack", "kind": "human", "limit": "1m"},
        {"id": "restart", "kind": "auto", "playbook": "respond.yml", "limit": "1m"},
    ],
    "verify": "nothing.yml",
}
"""Two faults with an undo of their own each, a human step, a playbook, a check, and a way back."""


def write_fake_scenario(content: Path) -> None:
    """Write the scenario; its playbooks only have to exist."""
    folder = write_scenario(content, **SCENARIO)
    for name in BOOKS:
        (folder / f"{name}.yml").write_text("[]\n")


class Machine:
    """What the drill breaks. `at` is called at every moment at which something could come between."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.number = rig, ""
        self.broken: set[str] = set()
        self.played: list[str] = []
        self.at: Callable[[str], None] = lambda _moment: None
        self.answer: Mapping[str, Outcome] = {}

    def run(
        self, request: Request, _folder: Path, _told: Any = None, stop: Callable[[], bool] = lambda: False
    ) -> Outcome:
        """Play a playbook at once; who is stopped has done it nevertheless, as happens in life."""
        name = request.playbook.stem
        self.played.append(name)
        verb, _, fault = name.partition("_")
        if verb == "inject":
            self.broken.add(fault)
        elif verb == "undo":
            self.broken.discard(fault)
        elif verb in ("respond", "rollback"):
            self.broken.clear()
        self.at(f"in {name}")
        return Outcome("cancelled", 0.0) if stop() else self.answer.get(name, Outcome("ok", 0.0))

    def said(self, kind: str, data: Mapping[str, Any]) -> None:
        """Let people do their step as soon as it is asked for."""
        self.at(f"{kind} {data['id']}" if "id" in data else kind)
        if kind == "step_started" and data["kind"] == "human":
            life = self.rig.life(self.number)
            if life.state == "running" and not life.aborting:
                self.rig.do("step_done", "lin", self.number, data["id"], "已答复。")

    async def up(self, _seconds: float) -> bool:
        """Whether the service answers."""
        return not self.broken

    def check(self, _probe: Probe, _asked: Any) -> tuple[Any, None]:
        """Return how to ask it, in the place of real probes."""
        return self.up, None


def machine(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Put a machine of this kind under the conductor."""
    made, say = Machine(rig), stage.Stage.say

    def said(self: stage.Stage, kind: str, data: Any = None, *args: Any, **more: Any) -> None:
        say(self, kind, data, *args, **more)
        made.said(kind, data or {})

    monkeypatch.setattr(stage.Stage, "say", said)
    monkeypatch.setattr(stage, "run", made.run)
    monkeypatch.setattr(stage, "LOOK", 0.0)
    monkeypatch.setattr(stage, "TICK", 0.005)
    monkeypatch.setattr(prober, "check_of", made.check)
    monkeypatch.setattr(arming, "syntax_problems", lambda *_: [])
    monkeypatch.setattr(arming, "hosts_of", lambda *_: ["box"])
    return made
