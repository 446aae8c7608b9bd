"""Whatever the parties decide: what is settled is what was charged, to the fen, and nobody gets stuck."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from sqlalchemy import select

from incidents.models import Incident
from kernel.audit.attest import all_problems
from kernel.errors import Conflict
from sla.penalties import ledger, rules
from sla.penalties.integrity import balances
from sla.penalties.models import Penalty, PenaltyEntry
from sla.settlement.queries import Position
from sla.settlement.rules import LATE_DELIVERY
from tests.support.dealing import final_penalty, issue, local, position, this_year
from tests.support.world import World

ZERO = Decimal(0)
PAYERS = ("city", "suixi", "xiangshan", "duji", "lieshan")
OPTIONS = [
    {},
    {"deduct_from": "pro_rata", "penalty.base": "affected_payers"},
    {"deduct_from": "pro_rata", "penalty.per": "clock", "broadcast.penalised": "true"},
]
SIGNERS = {rules.A: "wang", rules.B: "zhou"}
DONE = (rules.FINAL, rules.SETTLED, rules.WITHDRAWN, rules.WAIVED, rules.REVERSED)
"""Where nothing more needs deciding: the settlement takes what is final and what is reversed."""


def fault(world: World, chance: random.Random) -> None:
    """Let a fault be answered and repaired too late, some with a class that party B would like to change."""
    number = world.report(payers=chance.sample(PAYERS, chance.randint(1, 3)))
    world.run_for(minutes=chance.choice((10, 40)))
    world.happen(number, "responded", text="到")
    if chance.random() < 0.4:
        world.happen(number, "class_changed", fault_class="system_major")
    world.run_for(hours=5)
    world.happen(number, "restored", text="好")
    world.settle()


def all_of(world: World) -> Sequence[Penalty]:
    with world.platform.db.read() as session:
        return session.scalars(select(Penalty).order_by(Penalty.id)).all()


def decide(world: World, chance: random.Random) -> None:
    """Let one of the parties take one of the decisions that are open to it."""
    penalty = chance.choice(all_of(world))
    open_to = rules.possible(ledger.life_of(penalty), world.now)
    if open_to:
        decision = chance.choice(open_to)
        world.decide(penalty.number, decision.key, SIGNERS[decision.party], "理由")


def rule(world: World, chance: random.Random) -> None:
    """Let party A agree to or refuse a longer class, whatever has become of the penalty meanwhile."""
    with world.platform.db.read() as session:
        waiting = session.scalars(select(Incident.number).where(Incident.awaiting > 0)).all()
    if waiting:
        kind = chance.choice(("class_countersigned", "class_refused", "restoration_accepted"))
        with suppress(Conflict):  # not what this one awaits
            world.happen(chance.choice(waiting), kind, "wang", text="核定")
        world.settle()


def settle(world: World, chance: random.Random) -> None:
    """Let party A issue a statement, or issue it again; not every time is the right one."""
    with suppress(Conflict):
        issue(world, chance.choice((1, 2)), reason="补入")


def pass_time(world: World, chance: random.Random) -> None:
    world.clock.advance(timedelta(days=chance.randint(1, 20)))
    world.settle()


def sums(positions: Sequence[Position]) -> dict[str, Decimal]:
    """Return what all statements together charge, deduct and leave over."""
    done = [each.statement for each in positions]
    lines = [line for statement in done for line in statement.lines]
    charges = [charge for statement in done for charge in statement.charges]
    for before, after in pairwise(done):
        assert [line.carried for line in before.lines] == [line.brought for line in after.lines]
    return {
        "listed": sum((charge.amount for charge in charges), ZERO),
        "late": sum((charge.amount for charge in charges if charge.kind == LATE_DELIVERY), ZERO),
        "charged": sum((line.charged for line in lines), ZERO),
        "deducted": sum((line.deducted for line in lines), ZERO),
        "carried": sum((line.carried for line in done[-1].lines), ZERO),
    }


def settled_by_the_ledger(world: World) -> Decimal:
    """Return what the ledger's own lines say was settled and credited, deductions positive."""
    wanted = select(PenaltyEntry.amount).where(PenaltyEntry.instalment.is_not(None))
    with world.platform.db.read() as session:
        return -sum(session.scalars(wanted), ZERO)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "shares", "clocks"])
@pytest.mark.parametrize("seed", [1, 3])
def test_penalties_sum_to_what_both_halves_deduct(world: World, seed: int, options: dict[str, str]) -> None:
    this_year(world, **options)
    chance = random.Random(f"{seed}{options}")
    final_penalty(world, "suixi")
    for _ in range(5):
        fault(world, chance)
    for _ in range(40):
        chance.choice((decide, decide, decide, rule, settle, pass_time))(world, chance)
        later = world.now + timedelta(days=60)
        for penalty in all_of(world):
            assert penalty.state in DONE or rules.possible(ledger.life_of(penalty), later), penalty.number
    world.clock.move_to(max(world.now, local("2026-09-25")))
    world.settle()
    for half in (1, 2):
        with suppress(Conflict):  # the second is issued already
            issue(world, half, reason="终")
    found = sums([position(world, half) for half in (1, 2)])
    assert found["listed"] > found["late"] > ZERO
    assert found["listed"] == found["charged"] == found["deducted"] + found["carried"]
    assert settled_by_the_ledger(world) == found["listed"] - found["late"]
    with world.platform.db.read() as session:
        assert balances(session) == {p.number: p.balance for p in all_of(world)}
    assert list(all_problems(world.platform)) == []
