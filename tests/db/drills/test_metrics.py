"""Drills on /metrics: what runs, what needs people, what was measured, and what is owed."""

from __future__ import annotations

from pathlib import Path

import pytest

from drills import metrics, rules
from playbooks import catalogue
from playbooks.runner import Outcome
from tests.support.dealing import told
from tests.support.drill_fakes import machine, write_fake_scenario
from tests.support.drills import Rig
from tests.support.world import World


@pytest.fixture
def rig(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    write_fake_scenario(content)
    return Rig(world, content)


def said(rig: Rig) -> dict[str, float]:
    """Return what /metrics says of drills."""
    metrics.gauges(rig.world.platform)
    lines = rig.world.platform.metrics.render().decode().splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith("shoushi_drill"))
    return {name: float(value) for name, _space, value in found}


def test_before_any_drill_the_states_are_zero_and_nothing_is_said_of_measurements(rig: Rig) -> None:
    found = said(rig)
    assert {f'shoushi_drills{{state="{state}"}}': 0.0 for state in rules.ACTIVE}.items() <= found.items()
    assert not [name for name in found if "rto" in name or "age" in name or "rows" in name]


def test_a_held_drill_says_its_recovery_time_its_loss_and_its_age(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = machine(rig, monkeypatch)
    box.answer = {"nothing": Outcome("ok", 0.0, measured={"rows_lost": 2})}
    drill = rig.conduct(box_number(rig, box))
    rig.world.run_for(hours=3)
    found = said(rig)
    labels = f'{{outcome="{drill.outcome}",scenario="tiny"}}'
    assert found[f"shoushi_drill_rto_seconds{labels}"] == drill.result["rto"]
    assert found[f"shoushi_drill_lost_rows{labels}"] == 2
    assert found["shoushi_drill_last_age_seconds"] == pytest.approx(3 * 3600, abs=1)


def box_number(rig: Rig, box: object) -> str:
    """Return the number of a drill that may begin, known to its machine."""
    number = rig.started()
    box.number = number  # type: ignore[attr-defined]
    return number


def test_a_drill_that_could_not_be_undone_is_counted_until_people_have_done_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = machine(rig, monkeypatch)
    box.answer = {"rollback": Outcome("failed", 0.0, message="no")}
    number = box_number(rig, box)
    assert rig.conduct(number).state == rules.ROLLBACK_FAILED
    assert said(rig)['shoushi_drills{state="rollback_failed"}'] == 1
    box.answer = {}
    rig.do("retry_rollback", "he", number)
    rig.conduct(number)
    assert said(rig)['shoushi_drills{state="rollback_failed"}'] == 0


def test_a_drill_that_the_contract_demands_and_nobody_held_is_counted_until_it_is_on_record(
    rig: Rig,
) -> None:
    assert said(rig)["shoushi_drills_missed"] == 2, "the contract of 2025 demands one in each half-year"
    told(rig.world, "wang", "drill_held", "2025-05-20")
    assert said(rig)["shoushi_drills_missed"] == 1
