"""Decisions on penalties, reminders of silence, settlement and the check of the whole ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from kernel.audit.attest import all_problems
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from sla.deadlines import ARMED, Deadline
from sla.penalties import service
from sla.penalties.integrity import balances
from sla.penalties.models import Penalty
from tests.support.ledger import at, entries, penalties
from tests.support.stories import story
from tests.support.world import INSTANT, World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@story
def penalised(world: World, **more: object) -> tuple[str, str]:
    """A fault restored at once that nobody answered; returns its number and its penalty's."""
    number = world.report(**more)
    world.happen(number, "restored", text="好")
    world.run_for(hours=1)
    return number, penalties(world, number)[-1].number


def state(world: World, number: str) -> str:
    with world.platform.db.read() as session:
        return session.scalars(select(Penalty.state).where(Penalty.number == number)).one()


def countersigned_later(world: World) -> tuple[str, str]:
    """Examples 6 and 7: a penalty that a countersignature will undo; returns its number and the penalty's."""
    number = world.report()
    world.run_until(at(world, 9, 10))
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 12))
    world.happen(number, "class_changed", fault_class="system_major")
    world.run_until(at(world, 16, 30))
    world.happen(number, "restored", text="好")
    return number, penalties(world, number)[0].number


def test_confirmed_and_accepted_it_is_final_and_then_settled(world: World) -> None:
    incident, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.decide(number, "accept", "zhou")
    with world.platform.db.write("wang") as session:
        [(found, amount)] = service.final_unsettled(session, world.now)
        assert (found.number, amount) == (number, Decimal("2300.00"))
        service.settle(session, world.now, [found.id], "2026-h1")
    with world.platform.db.read() as session:
        assert service.final_unsettled(session, world.now) == []
        assert [(p.number, a) for p, a in service.settled_in(session, "2026-h1")] == [
            (number, Decimal("2300.00"))
        ]
    assert [t for t, _ in entries(world, incident)] == ["proposed", "confirmed", "accepted", "settled"]
    assert list(all_problems(world.platform)) == []


def test_contested_and_waived_it_costs_nothing(world: World) -> None:
    incident, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.decide(number, "contest", "zhou", "停电")
    world.decide(number, "waive", "wang", "属实")
    assert entries(world, incident)[-1] == ("waived", "-2300.00")
    world.happen(incident, "responded", text="到")
    assert state(world, number) == "waived"
    assert len(penalties(world, incident)) == 1


def test_contested_and_upheld_it_is_final(world: World) -> None:
    _, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.decide(number, "contest", "zhou", "停电")
    world.decide(number, "uphold", "wang", "无依据")
    assert state(world, number) == "final"


def test_what_is_withdrawn_stays_withdrawn(world: World) -> None:
    incident, number = penalised(world)
    world.decide(number, "withdraw", "wang", "重复登记")
    world.happen(incident, "responded", text="到")
    world.run_for(days=1)
    assert (state(world, number), len(penalties(world, incident))) == ("withdrawn", 1)


@pytest.mark.parametrize("beyond", [False, True])
def test_the_fifteenth_day_is_the_last_to_contest(world: World, beyond: bool) -> None:
    _, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.clock.advance(timedelta(days=15) + (INSTANT if beyond else timedelta(0)))
    first, second = ("contest", "finalize") if beyond else ("finalize", "contest")
    with pytest.raises(Conflict, match="异议期"):
        world.decide(number, first, "zhou" if beyond else "wang", "x")
    world.decide(number, second, "wang" if beyond else "zhou", "x")
    assert state(world, number) == ("final" if beyond else "contested")


@SQLITE
def test_a_decision_twice_by_the_wrong_party_or_on_a_stale_page_is_refused(world: World) -> None:
    _, number = penalised(world)
    for who in ("zhou", "lin", "auditor"):
        with pytest.raises(Forbidden):
            world.decide(number, "confirm", who)
    with pytest.raises(NotFound):
        world.decide(number, "confirm", "sun")
    with pytest.raises(Conflict, match="过期") as stale:
        world.decide(number, "confirm", "wang", if_version=9)
    assert stale.value.code == "stale"
    world.decide(number, "confirm", "wang", if_version=1)
    with pytest.raises(Conflict, match="已确认待答复"):
        world.decide(number, "confirm", "wang")
    with pytest.raises(Forbidden):
        world.decide(number, "contest", "wang", "x")


@SQLITE
@pytest.mark.parametrize(
    ("decision", "reason"), [("withdraw", " "), ("fine", "x"), ("withdraw", "长" * 4001)]
)
def test_a_decision_needs_a_name_and_its_reason(world: World, decision: str, reason: str) -> None:
    _, number = penalised(world)
    with pytest.raises(Invalid):
        world.decide(number, decision, "wang", reason)
    assert state(world, number) == "proposed"


def test_a_countersignature_after_settlement_becomes_a_credit_in_the_next_instalment(world: World) -> None:
    incident, number = countersigned_later(world)
    world.decide(number, "confirm", "wang")
    world.decide(number, "accept", "zhou")
    with world.platform.db.write("wang") as session:
        service.settle(
            session, world.now, [p.id for p, _ in service.final_unsettled(session, world.now)], "h1"
        )
    world.happen(incident, "class_countersigned", "wang")
    with world.platform.db.write("wang") as session:
        [(found, amount)] = service.final_unsettled(session, world.now)
        assert (found.number, amount) == (number, Decimal("-2300.00"))
        service.settle(session, world.now, [found.id], "h2")
    with world.platform.db.read() as session:
        assert service.final_unsettled(session, world.now) == []
        assert [a for _, a in service.settled_in(session, "h2")] == [Decimal("-2300.00")]
    assert entries(world, incident)[-3:] == [
        ("settled", "-2300.00"), ("reversed", "-2300.00"), ("credited", "2300.00"),
    ]  # fmt: skip
    assert list(all_problems(world.platform)) == []


@pytest.mark.parametrize("decisions", [[], ["confirm"], ["confirm", "contest"], ["withdraw"]])
def test_a_changed_verdict_reverses_it_in_whatever_state(world: World, decisions: list[str]) -> None:
    incident, number = countersigned_later(world)
    for decision in decisions:
        world.decide(number, decision, "zhou" if decision == "contest" else "wang", "理由")
    world.happen(incident, "class_countersigned", "wang")
    assert state(world, number) == "reversed"
    with world.platform.db.read() as session:
        assert balances(session) == {number: Decimal("0.00")}


@SQLITE
def test_only_what_is_final_can_be_settled_and_only_once(world: World) -> None:
    incident, number = penalised(world)
    [penalty] = penalties(world, incident)
    with pytest.raises(Conflict, match=number), world.platform.db.write("wang") as session:
        service.settle(session, world.now, [penalty.id], "h1")
    assert state(world, number) == "proposed"


def test_example_15_three_penalties_final_in_february(world: World) -> None:
    made = [penalised(world)[1] for _ in range(3)]
    for number in made:
        world.decide(number, "confirm", "wang")
        world.decide(number, "accept", "zhou")
    with world.platform.db.read() as session:
        found = service.final_unsettled(session, world.now)
        assert sum(amount for _, amount in found) == Decimal("6900.00")
        assert service.final_unsettled(session, world.now - timedelta(days=1)) == []


def told(world: World, number: str) -> list[tuple[str, str]]:
    """Return (address, first words of the title) of the e-mails about a penalty."""
    found = world.messages(f"penalty:{number}")
    return [(m.address.split("@")[0], m.title[1:].split("】")[0]) for m in found if m.channel == "email"]


def test_silence_reminds_and_decides_nothing(world: World) -> None:
    _, number = penalised(world)
    world.run_for(days=7)
    assert told(world, number) == [("wang", "违约记录待甲方确认或撤回")] * 2
    assert state(world, number) == "proposed"


def test_the_days_to_contest_remind_the_provider_and_then_the_customer(world: World) -> None:
    _, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.run_for(days=16)
    assert told(world, number) == [
        ("zhou", "甲方确认：已确认待答复"),
        ("zhou", "异议期将满，请接受或提出异议"),
        ("wang", "异议期已满且乙方未提异议，可以转为生效"),
    ]
    assert state(world, number) == "confirmed"


def test_a_contest_reminds_the_customer_until_it_decides(world: World) -> None:
    _, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.decide(number, "contest", "zhou", "停电")
    world.run_for(days=4)
    assert told(world, number)[-1] == ("wang", "乙方的异议待甲方决定")
    world.decide(number, "uphold", "wang", "无依据")
    with world.platform.db.read() as session:
        armed = select(Deadline.id).where(Deadline.subject == "penalty", Deadline.state == ARMED)
        assert session.scalars(armed).all() == []


TAMPERINGS = {
    "UPDATE penalty_entry SET amount = 1 WHERE seq = 2": "#2：内容",
    "UPDATE penalty_entry SET reason = '改' WHERE seq = 1": "#1：内容",
    "UPDATE penalty_entry SET digest = 'x' WHERE seq = 1": "#2：内容",
    "DELETE FROM penalty_entry WHERE seq = 2": "#2：审计记录",
    "UPDATE penalty_entry SET seq = seq + 7 WHERE seq = 1": "#8：审计链中没有",
    "DELETE FROM penalty_entry": "没有任何分录",
    "UPDATE penalty SET balance = 0": "余额或状态",
    "UPDATE penalty SET state = 'waived'": "余额或状态",
}


@SQLITE
@pytest.mark.parametrize("statement", TAMPERINGS)
def test_whatever_is_altered_removed_or_reordered_is_named(world: World, statement: str) -> None:
    _, number = penalised(world)
    world.decide(number, "confirm", "wang")
    world.decide(number, "accept", "zhou")
    assert list(all_problems(world.platform)) == []
    with world.platform.db.write("intruder") as session:
        for verb in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER penalty_entry_no_{verb}"))
        session.execute(text(statement))
    problems = list(all_problems(world.platform))
    assert any(number in p and TAMPERINGS[statement] in p for p in problems), problems


def test_the_chain_and_the_ledger_hold_after_a_busy_day(world: World) -> None:
    for _ in range(3):
        incident, number = penalised(world)
        world.decide(number, "confirm", "wang")
        world.happen(incident, "responded", text="到")
    assert list(all_problems(world.platform)) == []
