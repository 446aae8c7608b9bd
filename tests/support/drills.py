"""A tiny scenario of our own, and short ways to plan, approve and conduct drills."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from drills import log, plan, rules, service
from drills.conductor.conduct import conduct
from drills.models import Drill, DrillEntry
from playbooks import catalogue, releases
from tests.support.process import wait_for
from tests.support.world import World

START_SERVICE = (
    "env -i PATH=$PATH setsid -f sh -c 'echo $$ > {{ lab_dir }}/pid;"
    " exec python3 -m http.server {{ port_base }} --bind 127.0.0.1 -d {{ lab_dir }}/www'"
    " >/dev/null 2>&1 < /dev/null; until test -s {{ lab_dir }}/pid; do sleep 0.05; done"
)
"""Waits for the note of its number: before that it has no session of its own and would end with the play."""
KILL_SERVICE = "kill -9 $(cat {{ lab_dir }}/pid) 2>/dev/null; rm -f {{ lab_dir }}/pid; true"
PLAYS: dict[str, Sequence[str]] = {
    "lab_up": ("mkdir -p {{ lab_dir }}/www && echo well > {{ lab_dir }}/www/health", START_SERVICE),
    "lab_down": (KILL_SERVICE, "rm -rf {{ lab_dir }}"),
    "inject": (KILL_SERVICE,),
    "respond": ("test -e {{ lab_dir }}/pid || { " + START_SERVICE + "; }",),
    "rollback": ("test -e {{ lab_dir }}/pid || { " + START_SERVICE + "; }",),
    "slow": ("sleep 60",),
    "broken": ("exit 3",),
    "nothing": ("true",),
    "tell": ("echo {{ service_password }}",),
}
SCENARIO: dict[str, Any] = {
    "id": "tiny",
    "title": {"zh": "小服务停止", "en": "The small service stops"},
    "summary": {"zh": "杀死进程，再启动。", "en": "Kill it, start it again."},
    "form": "live",
    "fault_class": "system_general",
    "clause": "repair",
    "modules": ["documents"],
    "blast_radius": {"hosts": 1, "services": ["www"], "text": {"zh": "仅此一台", "en": "one host"}},
    "undo": {"zh": "重新启动", "en": "start again"},
    "vars": {"lab_dir": "", "port_base": 0},
    "lab": {"up": "lab_up.yml", "down": "lab_down.yml"},
    "probes": {
        "page": {
            "kind": "http",
            "url": "http://127.0.0.1:{{ port_base }}/health",
            "expect": "well",
            "every": 0.2,
            "timeout": 5,
            "need": 2,
        }
    },
    "steady_state": ["page"],
    "injections": [{"id": "kill", "playbook": "inject.yml", "timeout": 30, "undo": "rollback.yml"}],
    "response": [{"id": "restart", "kind": "auto", "playbook": "respond.yml", "limit": "1m"}],
    "rollback": [{"playbook": "rollback.yml"}],
    "success": {"rto": "1m", "must": ["page"]},
    "targets": ["box"],
}
INVENTORY = {"all": {"hosts": {"box": {"ansible_connection": "local", "shoushi_tier": "lab"}}}}
ROLES = {"director": "he", "safety": "lin", "responders": ["lin"], "supervisor": "wang", "evaluator": "wang"}


def write_scenario(content: Path, name: str = "tiny", **changes: Any) -> Path:
    """Write a scenario folder below `content`; returns it."""
    folder = content / "scenarios" / name
    folder.mkdir(parents=True, exist_ok=True)
    for play, commands in PLAYS.items():
        tasks = [
            {"name": f"Step {n}", "ansible.builtin.raw": command, "changed_when": True}
            for n, command in enumerate(commands, start=1)
        ]
        book = [{"name": play, "hosts": "all", "gather_facts": False, "tasks": tasks}]
        (folder / f"{play}.yml").write_text(yaml.safe_dump(book))
    (folder / "scenario.yml").write_text(
        yaml.safe_dump(SCENARIO | {"id": name} | changes, allow_unicode=True)
    )
    (folder / "inventory.local.yml").write_text(yaml.safe_dump(INVENTORY))
    return folder


class Rig:
    """Plans, approves and conducts drills of scenarios in a folder of its own."""

    def __init__(self, world: World, content: Path) -> None:
        self.world, self.content, self.lab = world, content, content.parent / "lab"

    def plan(self, scenario: str = "tiny", **changes: Any) -> str:
        """Return a plan as YAML."""
        entry = catalogue.scenario(scenario)
        document = {"level": "专项", "document": "YA-02"}
        roles = changes.pop("roles", ROLES)
        more = {"payers": ["city"], "reference": document} | changes
        return yaml.safe_dump(plan.outline(entry, self.world.now, roles, **more), allow_unicode=True)

    def draft(self, scenario: str = "tiny", who: str = "he", **changes: Any) -> str:
        """Let `who` draft a plan; returns the drill's number."""
        return self.do("draft", who, self.plan(scenario, **changes)).number

    def do(self, name: str, who: str, *args: Any, **more: Any) -> Drill:
        """Call a use case in a transaction of its own."""
        world, function = self.world, getattr(service, name)
        with world.platform.db.write(who) as session:
            head = (world.platform, session) if "platform" in function.__annotations__ else (session,)
            found: Drill = function(*head, world.now, world.actor(who), *args, **more)
            session.flush()
            session.expunge(found)
            return found

    def release(self, scenario: str = "tiny", who: str = "zhou") -> None:
        entry = catalogue.scenario(scenario)
        with self.world.platform.db.write(who) as session:
            actor = self.world.actor(who)
            releases.decide(
                session, self.world.now, actor, "scenario", scenario, entry.checksum, "released", "已审阅"
            )

    def approved(self, scenario: str = "tiny", **changes: Any) -> str:
        """Return the number of a drill that party A has approved."""
        number = self.draft(scenario, **changes)
        self.do("submit", "he", number)
        self.do("decide", "wang", number, approved=True, text="同意")
        return number

    def started(self, scenario: str = "tiny", **changes: Any) -> str:
        """Return the number of a drill that is released, approved, taken and told to start."""
        self.release(scenario)
        number = self.approved(scenario, **changes)
        self.do("request_arming", "he", number)
        self.do("request_start", "he", number)
        return number

    def conduct(self, number: str) -> Drill:
        """Conduct it here and now, to its end; a test that fails shows what was logged."""
        assert conduct(self.world.platform, number)
        for entry in self.entries(number):
            print(entry.seq, entry.kind, entry.text, entry.data)
        return self.drill(number)

    def conduct_beside(self, number: str) -> threading.Thread:
        """Conduct it in a thread."""
        thread = threading.Thread(target=conduct, args=(self.world.platform, number), daemon=True)
        thread.start()
        return thread

    def drill(self, number: str) -> Drill:
        with self.world.platform.db.read() as session:
            return service.find(session, number)

    def entries(self, number: str) -> Sequence[DrillEntry]:
        with self.world.platform.db.read() as session:
            return log.entries(session, service.find(session, number).id)

    def kinds(self, number: str) -> list[str]:
        return [entry.kind for entry in self.entries(number)]

    def wait_for(self, number: str, kind: str) -> None:
        """Wait until the log has an entry of a kind."""
        wait_for(lambda: kind in self.kinds(number), f"{kind} in {number}: {self.kinds(number)}")

    def life(self, number: str) -> rules.Life:
        with self.world.platform.db.read() as session:
            return log.life_of(session, service.find(session, number))


def held(world: World, scenario: str = "tiny", *, days_ago: int = 1, **more: Any) -> Drill:
    """Put a drill on record that was held some days ago, without its log; returns it."""
    ended = world.now - timedelta(days=days_ago)
    with world.platform.db.write("conductor") as session:
        made = Drill(
            number=f"YL2026-9{days_ago:02d}", title="小服务停止演练", scenario=scenario, form="live",
            fault_class="system_general", plan="", author="he", begins_at=ended, ends_at=ended,
            started_at=ended, ended_at=ended, state=rules.ROLLED_BACK, outcome=rules.COMPLETED,
            result={"rto": 2.5, "rto_limit": 60.0, "lost_rows": 0, "criteria": []},
        )  # fmt: skip
        for name, value in more.items():
            setattr(made, name, value)
        session.add(made)
        session.flush()
        session.expunge(made)
    return made


def later(world: World, **delta: float) -> str:
    """Return a time as a plan writes it."""
    return (world.now + timedelta(**delta)).isoformat()
