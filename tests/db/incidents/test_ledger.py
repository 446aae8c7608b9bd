"""What an incident costs: the worked examples of contract.md §3 through the engine, ledger and verdicts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.audit import verify
from tests.support.ledger import at, entries, penalties, verdicts
from tests.support.stories import story
from tests.support.world import World


def test_example_1_answered_and_repaired_at_the_very_limit_costs_nothing(world: World) -> None:
    number = world.report()
    world.run_until(at(world, 9, 30))
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 13, 0))
    world.happen(number, "restored", text="好")
    world.run_for(days=1)
    case = world.case(number)
    assert (case.response_state, case.repair_state, entries(world, number)) == ("met", "met", [])


def test_example_2_a_second_too_late_is_one_case_of_2300(world: World) -> None:
    number = world.report()
    world.run_until(at(world, 9, 30, 1))
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 13, 0))
    world.happen(number, "restored", text="好")
    world.run_for(hours=2)
    assert (world.case(number).response_state, world.case(number).repair_state) == ("missed", "met")
    [penalty] = penalties(world, number)
    assert (penalty.number, penalty.amount, penalty.state) == ("P2026-0001", Decimal("2300.00"), "proposed")
    assert entries(world, number) == [("proposed", "2300.00")]


def test_example_4_both_clocks_missed_is_still_one_case(world: World) -> None:
    number = world.report()
    world.run_for(hours=5)
    assert world.case(number).penalty == Decimal("2300.00")
    assert entries(world, number) == [("proposed", "2300.00")]


@story
def reclassified(world: World) -> str:
    """Examples 6 and 7: a general fault that the provider calls major at noon, restored at 16:30."""
    number = world.report()
    world.run_until(at(world, 9, 10))
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 12, 0))
    world.happen(number, "class_changed", fault_class="system_major")
    world.run_until(at(world, 16, 30))
    world.happen(number, "restored", text="好")
    world.run_for(minutes=30)
    return number


def test_example_6_a_longer_class_helps_only_the_providers_view(world: World) -> None:
    case = world.case(reclassified(world))
    assert (case.fault_class, case.repair_state, case.provider_repair_state) == (
        "system_general", "missed", "met",
    )  # fmt: skip
    assert case.penalty == Decimal("2300.00")


def test_example_7_the_countersignature_reverses_the_penalty_and_every_version_stays(world: World) -> None:
    number = reclassified(world)
    before = verdicts(world, number)
    world.run_until(at(world, 9, 0, days=1))
    world.happen(number, "class_countersigned", "wang")
    assert entries(world, number) == [("proposed", "2300.00"), ("reversed", "-2300.00")]
    assert [p.state for p in penalties(world, number)] == ["reversed"]
    after = verdicts(world, number)
    assert after[:-1] == before
    assert [v["penalty"] for v in (before[-1], after[-1])] == ["2300.00", "0.00"]
    assert [v["repair"]["state"] for v in (before[-1], after[-1])] == ["missed", "met"]
    assert list(verify(world.platform.db)) == []


def test_a_refusal_that_follows_leaves_the_penalty(world: World) -> None:
    number = reclassified(world)
    world.happen(number, "class_refused", "wang")
    assert entries(world, number) == [("proposed", "2300.00")]


def test_example_9_hardware_without_backup_owes_it_from_the_twentieth_hour(world: World) -> None:
    number = world.report(fault_class="hardware")
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 5, 0, days=1))
    assert world.case(number).backup_state is None
    world.run_for(seconds=1)
    assert (world.case(number).repair_state, world.case(number).backup_state) == ("missed", "open")
    world.run_for(hours=1)
    world.happen(number, "backup_in_service")
    assert world.case(number).backup_state == "late"
    assert entries(world, number) == [("proposed", "2300.00")]


@pytest.mark.parametrize(("second", "state"), [(0, "met"), (1, "missed")])
def test_example_10_the_sum_of_the_outages_counts(world: World, second: int, state: str) -> None:
    number = world.report()
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 11, 0))
    world.happen(number, "restored", text="好")
    world.run_until(at(world, 15, 0))
    world.happen(number, "restoration_rejected", "wang", text="没好")
    world.run_until(at(world, 17, 0, second))
    world.happen(number, "restored", text="好")
    world.run_for(hours=1)
    assert (world.case(number).repair_state, world.case(number).repair_seconds) == (state, 14400 + second)


def test_example_11_a_flood_counts_once_approved(world: World) -> None:
    number = world.report(fault_class="line_general", modules=["documents"])
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 19, 0))
    world.happen(number, "restored", text="好")
    claim = {"reason": "force_majeure", "from": at(world, 10), "to": at(world, 14)}
    world.happen(number, "exclusion_claimed", **claim)
    case = world.case(number)
    assert (case.repair_state, case.provider_repair_state) == ("missed", "met")
    world.happen(number, "exclusion_approved", "wang", claim="C1")
    assert (world.case(number).repair_state, world.case(number).repair_seconds) == ("met", 6 * 3600)
    assert entries(world, number)[-1] == ("reversed", "-2300.00")


def test_a_false_alarm_that_party_a_agrees_costs_nothing(world: World) -> None:
    number = world.report()
    world.run_for(hours=5)
    world.happen(number, "false_alarm_claimed")
    world.happen(number, "false_alarm_agreed", "wang")
    assert [p.state for p in penalties(world, number)] == ["reversed"]
    assert world.incident(number).closed == 1
    assert [d.clock for d in world.deadlines(number)] == []


def test_looking_twice_or_late_writes_no_second_verdict(world: World) -> None:
    number = world.report()
    world.clock.move_to(world.now + timedelta(hours=9))
    world.settle()
    count = len(verdicts(world, number))
    world.settle()
    assert len(verdicts(world, number)) == count
    assert entries(world, number) == [("proposed", "2300.00")]
