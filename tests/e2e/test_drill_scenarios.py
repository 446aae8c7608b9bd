"""Every scenario that ships, conducted by the platform on real processes until its lab is gone.

The playbooks run in forks of one process with Ansible in it, which spares its import eighty times; two
scenarios go through the runner as it is.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from drills import guard, rules, service
from drills.conductor import lab, stage
from playbooks import catalogue
from playbooks.runner import Outcome, Request
from playbooks.runner.environment import CONTENT, environment
from tests.support.drills import Rig
from tests.support.world import World
from tests.support.zygote import Zygote, measured

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("drills"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
LIVE = sorted(key for key, entry in catalogue.scenarios().items() if entry.what.live)
THROUGH_THE_RUNNER = ("pg_failover", "process_crash")
PAPER = sorted(key for key, entry in catalogue.scenarios().items() if not entry.what.live)


@pytest.fixture
def rig(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A rig whose lab lies where a database's own account may enter."""
    with tempfile.TemporaryDirectory(prefix="shoushi-test-") as name:
        Path(name).chmod(0o755)
        made = Rig(world, Path(name) / "unused")
        monkeypatch.setattr(lab, "lab_folder", lambda _number: made.lab)
        yield made


@pytest.fixture(scope="module")
def ansible() -> Iterator[Zygote]:
    with tempfile.TemporaryDirectory(prefix="shoushi-ansible-") as name:
        made = Zygote(environment(Path(name), "scenarios"), CONTENT)
        yield made
        made.close()


class Forks:
    """What `playbooks.runner.run` does, by forks of the zygote: the outcome, without events of tasks."""

    def __init__(self, ansible: Zygote, folder: Path) -> None:
        self._ansible, self._folder = ansible, folder

    def run(self, request: Request, _folder: Path, *_told: Any) -> Outcome:
        """Run it to its end; nobody stops it."""
        files = [self._folder / f"{request.marker.rpartition(':')[2]}.{name}" for name in ("json", "yml")]
        files[0].write_text(json.dumps({**request.values, **request.secrets}))
        files[0].chmod(0o600)
        if isinstance(request.inventory, str):
            files[1].write_text(request.inventory)
        inventory = files[1] if isinstance(request.inventory, str) else request.inventory
        given = ("ansible-playbook", "-i", str(inventory), "-e", f"@{files[0]}", str(request.playbook))
        begun = time.monotonic()
        ran = self._ansible.run(given, environment(self._folder, request.marker), CONTENT, request.seconds)
        seconds = time.monotonic() - begun
        if ran.returncode:
            return Outcome("failed", seconds, message=(ran.stdout + ran.stderr)[-1000:])
        return Outcome("ok", seconds, measured=measured(ran.stdout))


@pytest.fixture
def forks(ansible: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forks:
    made = Forks(ansible, tmp_path)
    monkeypatch.setattr(stage, "run", made.run)
    return made


@pytest.fixture
def people(rig: Rig) -> Iterator[list[str]]:
    """Somebody who does every human step of the drills named here as soon as it is asked for."""
    watched: list[str] = []
    ended = threading.Event()

    def act() -> None:
        while not ended.wait(0.2):
            for number in watched:
                for step, state in rig.life(number).steps.items():
                    if state == "started" and step in human_steps(rig, number):
                        rig.do("step_done", "lin", number, step, "已处理并答复。")

    thread = threading.Thread(target=act)
    thread.start()
    yield watched
    ended.set()
    thread.join()


def human_steps(rig: Rig, number: str) -> list[str]:
    found = service.resolve(rig.world.platform, rig.drill(number).plan)
    return [step.id for step in found.scenario.response if step.kind == "human"]


def begun(rig: Rig, scenario: str) -> str:
    """Start a drill; skips with the reason where the machine cannot build its lab."""
    text = rig.plan(scenario, modules=["documents"])
    if problems := list(guard.of_plan(service.resolve(rig.world.platform, text))):
        pytest.skip(problems[0])
    return rig.started(scenario, modules=["documents"])


def left_of(rig: Rig) -> list[str]:
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(rig.lab) in line]


@pytest.mark.usefixtures("forks")
@pytest.mark.parametrize("scenario", sorted(set(LIVE) - set(THROUGH_THE_RUNNER)))
def test_a_live_scenario_breaks_is_seen_recovers_is_measured_and_leaves_nothing(
    rig: Rig, people: list[str], scenario: str
) -> None:
    conducted(rig, people, scenario)


@pytest.mark.parametrize("scenario", THROUGH_THE_RUNNER)
def test_a_scenario_through_the_runner_also_tells_its_tasks(
    rig: Rig, people: list[str], scenario: str
) -> None:
    number = conducted(rig, people, scenario)
    assert rig.kinds(number).count("task") > 10


def conducted(rig: Rig, people: list[str], scenario: str) -> str:
    """Let a scenario run from the first probe to the removal of its lab; returns the drill's number."""
    number = begun(rig, scenario)
    people.append(number)
    drill = rig.conduct(number)
    told = [f"{e.kind} {e.text or e.data}" for e in rig.entries(number)]
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.COMPLETED), "\n".join(told)
    limit = drill.result["rto_limit"]
    assert 0 < drill.result["rto"] <= limit
    assert all(c["met"] for c in drill.result["criteria"])
    assert left_of(rig) == []
    assert not rig.lab.exists()
    return number


@pytest.mark.parametrize("scenario", PAPER)
def test_a_tabletop_scenario_is_played_by_people_alone(rig: Rig, people: list[str], scenario: str) -> None:
    number = begun(rig, scenario)
    people.append(number)
    drill = rig.conduct(number)
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.COMPLETED)
    assert "injection_started" not in rig.kinds(number)
    assert {c["key"] for c in drill.result["criteria"]} == {f"step:{s}" for s in human_steps(rig, number)}
