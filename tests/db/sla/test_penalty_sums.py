"""The ledger's sums as they are kept: always those of the penalties, however they are folded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from sqlalchemy import delete, func, select, text

from sla.penalties import queries, rules, service, sums
from sla.penalties.models import PenaltySum
from sla.penalties.sums import Total
from tests.support.ledger import penalties
from tests.support.stories import story
from tests.support.world import World

FROM_LEDGER: str = import_module("kernel.migrations.versions.0022_kept_sums").FROM_LEDGER


@story
def ledger(world: World, number: int = 6) -> list[str]:
    """Penalties in several states: proposed, confirmed, final, waived and settled."""
    found = []
    for _ in range(number):
        incident = world.report()
        world.happen(incident, "restored", text="好")
        found.append(incident)
    world.run_for(hours=1)
    names = [penalties(world, incident)[-1].number for incident in found]
    for each in names[1:]:
        world.decide(each, "confirm", "wang")
    for each in names[2:]:
        world.decide(each, "accept", "zhou")
    world.decide(names[0], "withdraw", "wang", reason="误判")
    with world.platform.db.write("wang") as session:
        ids = [p.id for p, _ in service.final_unsettled(session, world.now)][:2]
        service.settle(session, world.now, ids, "2026-h1")
    return names


def told(world: World) -> tuple[dict[str, Total], dict[str, Total]]:
    """The sums as they are kept, and as they are counted."""
    with world.platform.db.read() as session:
        kept, counted = (
            {row[0]: Total(*row) for row in session.execute(each())} for each in (sums.kept, sums.counted)
        )
        assert kept == queries.totals(session, world.actor("wang"))
    return kept, counted


def number_of_rows(world: World) -> int:
    with world.platform.db.read() as session:
        return session.scalar(select(func.count()).select_from(PenaltySum)) or 0


def problems(world: World) -> Sequence[str]:
    with world.platform.db.read() as session:
        return list(sums.check_sums(session))


def test_what_is_kept_is_what_is_counted_and_folding_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger(world)
    kept, counted = told(world)
    assert kept == counted
    assert {rules.CONFIRMED, rules.FINAL, rules.SETTLED} <= set(kept)
    assert number_of_rows(world) > len(kept)
    assert sums.fold(world.platform) == 0  # not worth it yet
    monkeypatch.setattr(sums, "WORTH_IT", 2)
    assert sums.fold(world.platform) > 0
    assert number_of_rows(world) == len(kept)
    assert told(world) == (kept, counted)
    assert problems(world) == []


def test_what_is_undone_leaves_no_trace_in_the_sums(world: World) -> None:
    names = ledger(world)
    before = number_of_rows(world)
    with world.platform.db.new_write("zhou") as session:
        service.decide(world.platform, session, world.now, world.actor("zhou"), names[1], "accept")
        session.rollback()
    assert number_of_rows(world) == before
    assert problems(world) == []


def test_two_that_fold_at_once_lose_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger(world)
    kept, _ = told(world)
    monkeypatch.setattr(sums, "WORTH_IT", 0)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(5):
            list(pool.map(sums.fold, [world.platform] * 3))
    assert told(world)[0] == kept


def test_a_sum_that_somebody_changed_is_named(world: World) -> None:
    ledger(world)
    with world.platform.db.write() as session:
        session.execute(text("UPDATE penalty_sum SET amount = amount + 1 WHERE state = 'final'"))
    assert problems(world) == ["违约台账“已生效待结算”的合计与各条记录不符"]


def test_an_installation_that_is_upgraded_starts_with_its_sums(world: World) -> None:
    ledger(world)
    kept, _ = told(world)
    with world.platform.db.write() as session:
        session.execute(delete(PenaltySum))
        session.execute(text(FROM_LEDGER))
    assert number_of_rows(world) == len(kept)
    assert told(world) == (kept, kept)
