"""Drills conducted on real processes: what is measured, undone and left behind."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest
import yaml
from sqlalchemy import func, select

from drills import jobs, rules
from incidents.models import Incident
from sla.penalties.models import Penalty
from tests.support.drills import Rig, write_scenario
from tests.support.process import wait_for

pytestmark = pytest.mark.slow
SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def left_of(rig: Rig) -> list[str]:
    """Return the command lines of processes that belong to the rig's lab."""
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(rig.lab) in line]


def test_a_drill_that_passes_is_measured_undone_and_leaves_nothing_behind(rig: Rig) -> None:
    number = rig.started()
    drill = rig.conduct(number)
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.COMPLETED), rig.entries(number)[-1].text
    assert 0 < drill.result["rto"] < 60
    assert left_of(rig) == []
    assert not list((Path(rig.world.platform.settings.data_dir) / "drills" / number).glob("runs/*"))
    kinds = rig.kinds(number)
    order = [
        "armed",
        "started",
        "injection_started",
        "injection_done",
        "step_started",
        "step_done",
        "measured",
    ]
    order += ["completed", "undo_started", "undo_done", "rolled_back", "lab_removed"]
    assert [kind for kind in kinds if kind in order] == order


@SQLITE
def test_its_incident_runs_on_the_contracts_clocks_without_a_penalty(rig: Rig) -> None:
    number = rig.started()
    drill = rig.conduct(number)
    assert drill.incident is not None
    incident = rig.world.incident(drill.incident)
    assert (incident.drill, incident.state) == (1, "restored")
    rig.world.run_for(hours=30)
    with rig.world.platform.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Penalty)) == 0
        assert session.scalar(select(func.count()).select_from(Incident)) == 1


@SQLITE
def test_an_answer_that_does_nothing_fails_the_drill_and_is_undone(rig: Rig) -> None:
    steps = [{"id": "restart", "kind": "auto", "playbook": "nothing.yml", "limit": "1m"}]
    write_scenario(rig.content, response=steps, success={"rto": "1s", "must": ["page"]})
    drill = rig.conduct(rig.started())
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.FAILED)
    assert drill.result["rto"] is None
    assert {c["key"]: c["met"] for c in drill.result["criteria"]} == {
        "rto": False, "probe:page": False, "step:restart": True,
    }  # fmt: skip
    assert left_of(rig) == []


@SQLITE
def test_a_fault_that_nobody_sees_proves_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drills.conductor.running.SEEN_WITHIN", 1.0)
    kill = {"id": "kill", "playbook": "nothing.yml", "timeout": 30, "undo": "rollback.yml"}
    write_scenario(rig.content, injections=[kill])
    drill = rig.conduct(number := rig.started())
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.FAILED)
    assert "没有任何探测" in next(e.text or "" for e in rig.entries(number) if e.kind == "failed")


@SQLITE
def test_aborting_in_the_middle_of_a_playbook_stops_it_and_goes_back(rig: Rig) -> None:
    slow = [{"id": "restart", "kind": "auto", "playbook": "slow.yml", "limit": "2m"}]
    write_scenario(rig.content, response=slow)
    number = rig.started()
    thread = rig.conduct_beside(number)
    rig.wait_for(number, "step_started")
    rig.do("request_abort", "wang", number, "影响了旁边的业务")
    rig.do("request_abort", "he", number, "再次中止")
    thread.join(60)
    drill = rig.drill(number)
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.ABORTED)
    assert rig.kinds(number).count("abort_requested") == 1
    assert left_of(rig) == []


@SQLITE
def test_the_targets_hear_that_somebody_still_conducts_until_the_drill_is_over(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, the dead-man switch would undo the fault while people still do their steps."""
    monkeypatch.setattr("drills.conductor.deadman.SHARE", 60.0)
    kill = {"id": "kill", "playbook": "inject.yml", "timeout": 30, "undo": "rollback.yml", "deadman": 60}
    ask = [{"id": "ack", "kind": "human", "limit": "1m"}]
    folder = write_scenario(rig.content, injections=[kill], response=ask)
    beats = rig.content.parent / "beats"
    touch = {"name": "Beat", "ansible.builtin.raw": f"echo beat >> {beats}", "changed_when": True}
    book = [{"name": "Refresh", "hosts": "all", "gather_facts": False, "tasks": [touch]}]
    (folder / "deadman_refresh.yml").write_text(yaml.safe_dump(book))
    number = rig.started()
    thread = rig.conduct_beside(number)
    wait_for(lambda: beats.is_file() and len(beats.read_text().split()) >= 2, "two signs of life", 60)
    rig.do("request_abort", "he", number, "够了")
    thread.join(60)
    counted = beats.read_text()
    assert rig.drill(number).state == rules.ROLLED_BACK
    assert rig.kinds(number).count("injection_started") == 1
    wait_for(lambda: not alive("drill-deadman"), "the end of the signs")
    assert beats.read_text() == counted


def alive(name: str) -> bool:
    return any(thread.name == name for thread in threading.enumerate())


@SQLITE
def test_what_cannot_be_undone_is_plainly_marked_and_can_be_tried_again(rig: Rig) -> None:
    folder = write_scenario(rig.content, rollback=[{"playbook": "broken.yml"}, {"playbook": "rollback.yml"}])
    number = rig.started()
    drill = rig.conduct(number)
    assert drill.state == rules.ROLLBACK_FAILED
    failed = next(e for e in rig.entries(number) if e.kind == "rollback_failed")
    assert failed.data["remaining"] == [{"id": "rollback:1", "playbook": "broken.yml"}]
    rig.do("undone_by_hand", "he", number, "rollback:1", "已手工核对，无须处理")
    drill = rig.conduct(number)
    assert drill.state == rules.ROLLED_BACK
    assert left_of(rig) == []
    assert folder.is_dir()


@SQLITE
def test_a_failing_precondition_gives_everything_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drills.conductor.arming.STEADY_SECONDS", 1.5)
    write_scenario(rig.content, lab={"up": "nothing.yml", "down": "lab_down.yml"})
    number = rig.started()
    drill = rig.conduct(number)
    assert drill.state == rules.APPROVED
    refused = next(e for e in rig.entries(number) if e.kind == "refused")
    assert refused.text == "稳态不正常：page"
    rig.do("request_arming", "he", number)  # the targets are free again


@SQLITE
def test_the_end_frees_the_machines_at_once_and_a_lab_left_by_the_dead_is_removed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conductor dies between the way back and the lab's removal; the worker finds what is left."""

    class Died(BaseException):
        """What no handler catches, as little as SIGKILL."""

    def die(*_args: object) -> None:
        raise Died

    number = rig.started()
    with monkeypatch.context() as patch:
        patch.setattr("drills.conductor.archive.keep", die)
        with pytest.raises(Died):
            rig.conduct(number)
    drill = rig.drill(number)
    assert (drill.state, drill.ended_at is None) == (rules.ROLLED_BACK, False)
    assert rig.world.incident(str(drill.incident)).state == "restored"
    assert left_of(rig) != []
    rig.do("request_arming", "he", rig.approved())  # its machine is free already
    assert number in jobs.wanting(rig.world.platform)
    rig.conduct(number)
    assert left_of(rig) == []
    assert number not in jobs.wanting(rig.world.platform)


@SQLITE
def test_what_was_started_and_not_noted_down_goes_with_the_lab(rig: Rig) -> None:
    folder = write_scenario(rig.content)
    book = yaml.safe_load((folder / "inject.yml").read_text())
    sleeper = f"python3 -c 'import time; time.sleep(600)' {rig.lab}/unnoted"
    started = f"env -i PATH=$PATH setsid {sleeper} >/dev/null 2>&1 </dev/null &"
    book[0]["tasks"].append({"name": "Unnoted", "ansible.builtin.shell": started, "changed_when": True})
    (folder / "inject.yml").write_text(yaml.safe_dump(book))
    number = rig.started()
    assert rig.conduct(number).state == rules.ROLLED_BACK
    assert left_of(rig) == []
    [removed] = [entry for entry in rig.entries(number) if entry.kind == "lab_removed"]
    assert removed.data == {"ok": True, "swept": 1}
