"""Abort at every moment of a drill: what was injected is undone once, in reverse order, all is given back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from drills import log, rules
from kernel.errors import Conflict
from playbooks import catalogue
from playbooks.models import MachineHold
from tests.support.drill_fakes import Machine, machine, write_fake_scenario
from tests.support.drills import Rig
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
BEFORE = ("armed",)
MEANWHILE = (
    "started", "injection_started a", "in inject_a", "injection_done a",
    "injection_started b", "in inject_b", "injection_done b",
    "step_started ack", "step_started restart", "in respond", "step_done restart", "in nothing",
)  # fmt: skip
TOO_LATE = (
    "measured", "completed", "undo_started undo:b", "in undo_b", "undo_done undo:b", "undo_started undo:a",
    "in undo_a", "undo_done undo:a", "undo_started rollback:1", "in rollback", "undo_done rollback:1",
    "rolled_back",
)  # fmt: skip
UNDO = {"b": "undo_b", "a": "undo_a"}


@pytest.fixture
def rig(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    write_fake_scenario(content)
    return Rig(world, content)


@pytest.fixture
def box(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine(rig, monkeypatch)


def conducted(rig: Rig, box: Machine, moment: str | None = None) -> tuple[str, list[str]]:
    """Conduct a drill that is aborted at a moment; returns its number and the moments that it had."""
    number = box.number = rig.started()
    moments: list[str] = []

    def at(now: str) -> None:
        moments.append(now)
        if now == moment:
            rig.do("request_abort", "wang", number, "影响了旁边的业务")

    box.at = at
    rig.conduct(number)
    return number, moments


def targets(rig: Rig) -> int:
    with rig.world.platform.db.read() as session:
        return session.scalar(select(func.count()).select_from(MachineHold)) or 0


def assert_sound(rig: Rig, number: str) -> None:
    """The chain holds, the machine is free, and no conductor has anything left to do."""
    with rig.world.platform.db.read() as session:
        assert list(log.check_entries(session)) == []
    assert targets(rig) == 0
    assert rig.drill(number).holder is None


def assert_undone(rig: Rig, box: Machine, number: str) -> None:
    """What was begun was undone once each, in reverse order, and then the way back of the whole was gone."""
    injected = rig.life(number).injected
    wanted = [UNDO[key] for key in reversed(injected)] + (["rollback"] if injected else [])
    assert [name for name in box.played if name.startswith(("undo", "rollback"))] == wanted
    assert rig.kinds(number).count("undo_done") == len(wanted)
    assert box.broken == set()


def test_these_are_all_the_moments_that_a_drill_has(rig: Rig, box: Machine) -> None:
    number, moments = conducted(rig, box)
    assert rig.drill(number).outcome == rules.COMPLETED
    assert moments == [*BEFORE, *MEANWHILE, *TOO_LATE, "archived"]
    assert_undone(rig, box, number)
    assert_sound(rig, number)


@pytest.mark.parametrize("moment", BEFORE)
def test_aborted_before_anything_is_broken_the_approval_stays_and_nothing_is_undone(
    rig: Rig, box: Machine, moment: str
) -> None:
    number, _moments = conducted(rig, box, moment)
    drill = rig.drill(number)
    assert (drill.state, drill.incident) == (rules.APPROVED, None)
    assert box.played == []
    assert next(e.text for e in rig.entries(number) if e.kind == "refused") == "收到中止命令"
    assert_sound(rig, number)


@pytest.mark.parametrize("moment", MEANWHILE)
def test_aborted_meanwhile_exactly_what_was_begun_is_undone(rig: Rig, box: Machine, moment: str) -> None:
    number, moments = conducted(rig, box, moment)
    drill = rig.drill(number)
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.ABORTED)
    said = {e.kind: e.text for e in rig.entries(number)}
    assert (said["abort_requested"], said["aborted"]) == ("影响了旁边的业务", "收到中止命令")
    assert not [now for now in moments[moments.index(moment) + 1 :] if now in MEANWHILE], "nothing new begins"
    assert rig.world.incident(str(drill.incident)).state == "restored"
    assert_undone(rig, box, number)
    assert_sound(rig, number)


@pytest.mark.parametrize("moment", TOO_LATE[2:])
def test_an_abort_while_going_back_is_refused_and_disturbs_nothing(
    rig: Rig, box: Machine, moment: str
) -> None:
    number = box.number = rig.started()
    refused: list[str] = []

    def at(now: str) -> None:
        if now == moment:
            with pytest.raises(Conflict):
                rig.do("request_abort", "wang", number, "太晚了")
            refused.append(now)

    box.at = at
    drill = rig.conduct(number)
    assert refused == [moment]
    assert (drill.state, drill.outcome) == (rules.ROLLED_BACK, rules.COMPLETED)
    assert_undone(rig, box, number)
    assert_sound(rig, number)


def test_an_abort_after_the_measurement_still_ends_it_as_aborted(rig: Rig, box: Machine) -> None:
    """It was heard while the drill still ran, so nobody may read that it passed."""
    number, _moments = conducted(rig, box, "measured")
    assert rig.drill(number).outcome == rules.ABORTED
    assert_undone(rig, box, number)
    assert_sound(rig, number)
