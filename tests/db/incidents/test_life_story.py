"""A whole incident told on the real engine: the smoke story, on both databases."""

from __future__ import annotations

from decimal import Decimal

from kernel.audit import verify
from tests.support.world import World


def test_a_major_fault_repaired_too_late_costs_one_penalty_and_its_broadcasts_go_out(world: World) -> None:
    number = world.report(fault_class="system_major")
    world.run_for(minutes=20)
    world.happen(number, "responded", text="已到场")
    world.run_for(hours=8, minutes=30)
    world.happen(number, "restored", text="已恢复")
    world.run_for(minutes=10)

    case = world.case(number)
    assert (case.response_state, case.repair_state, case.penalty) == ("met", "missed", Decimal("2300.00"))
    slots = [b for b in world.broadcasts(number) if b.slot >= 0]
    assert [b.slot for b in slots] == list(range(18))
    assert {b.state for b in slots} == {"sent"}
    assert list(verify(world.platform.db)) == []
