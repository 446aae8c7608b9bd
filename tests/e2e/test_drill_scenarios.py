"""Every scenario that ships, conducted by the platform on real processes until its lab is gone."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from drills import guard, rules, service
from drills.conductor import lab
from playbooks import catalogue
from tests.support.drills import Rig
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("drills"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
LIVE = sorted(key for key, entry in catalogue.scenarios().items() if entry.what.live)
PAPER = sorted(key for key, entry in catalogue.scenarios().items() if not entry.what.live)


@pytest.fixture
def rig(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A rig whose lab lies where a database's own account may enter."""
    with tempfile.TemporaryDirectory(prefix="shoushi-test-") as name:
        Path(name).chmod(0o755)
        made = Rig(world, Path(name) / "unused")
        monkeypatch.setattr(lab, "lab_folder", lambda _number: made.lab)
        yield made


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


@pytest.mark.parametrize("scenario", LIVE)
def test_a_live_scenario_breaks_is_seen_recovers_is_measured_and_leaves_nothing(
    rig: Rig, people: list[str], scenario: str
) -> None:
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


@pytest.mark.parametrize("scenario", PAPER)
def test_a_tabletop_scenario_is_played_by_people_alone(rig: Rig, people: list[str], scenario: str) -> None:
    number = begun(rig, scenario)
    people.append(number)
    drill = rig.conduct(number)
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.COMPLETED)
    assert "injection_started" not in rig.kinds(number)
    assert {c["key"] for c in drill.result["criteria"]} == {f"step:{s}" for s in human_steps(rig, number)}
