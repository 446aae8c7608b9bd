"""The roster as a service: drafts, publishing, overrides, swaps, handoffs, mornings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kernel.errors import AppError, Conflict, Forbidden, Invalid
from kernel.identity.models import Person
from kernel.outbox.models import Message
from oa.affairs.duty import queries, rules, service, swaps
from oa.affairs.duty.models import DutySwap
from oa.affairs.duty.rules import DEPUTY, PRIMARY, Span
from tests.support.duty import MONTH, add_deputy, add_ni, cells, ids, publish, take_over
from tests.support.world import START, ZONE, World


def on_duty(world: World, at: datetime | None = None) -> dict[str, str]:
    with world.platform.db.read() as session:
        return {role: p.username for role, p in queries.on_duty_at(session, at or world.now).items()}


def told(world: World, words: str) -> list[tuple[str, str]]:
    with world.platform.db.read() as session:
        wanted = select(Message).where(Message.title.contains(words), Message.channel == "email")
        return [(m.address.partition("@")[0], m.title) for m in session.scalars(wanted.order_by(Message.id))]


def save(world: World, chosen: Any, who: str = "zhou") -> None:
    actor = world.actor(who)
    with world.platform.db.write(who) as session:
        service.save(world.platform, session, world.now, actor, MONTH, chosen)


def test_a_draft_counts_only_once_it_is_published(world: World) -> None:
    add_deputy(world)
    save(world, cells(world))
    assert on_duty(world) == {}
    publish(world)
    assert on_duty(world) == {"primary": "lin", "deputy": "duan", "leader": "zhou"}
    with pytest.raises(Conflict, match="已发布"):
        publish(world)


def test_a_month_with_a_gap_or_a_double_booking_is_not_published(world: World) -> None:
    add_deputy(world)
    chosen = cells(world)
    day = rules.days_of(MONTH)[4]
    del chosen[day, PRIMARY]
    chosen[day, DEPUTY] = ids(world)["zhou"]
    actor = world.actor("zhou")
    save(world, chosen)
    with pytest.raises(Conflict) as caught, world.platform.db.write() as session:
        service.publish(world.platform, session, world.now, actor, MONTH)
    assert "主班在2026-03-05 08:30至2026-03-06 08:30无人值班" in caught.value.detail
    assert "周经理在2026-03-05 08:30重复排班" in caught.value.detail


def test_somebody_whom_nothing_reaches_is_refused_on_publishing(world: World) -> None:
    """OnCall #1326: the on-call person had no notification method."""
    add_deputy(world, email=None)
    with pytest.raises(Conflict, match="段工没有任何站外联系方式"):
        publish(world)
    assert on_duty(world) == {}


def test_somebody_whom_nothing_reaches_any_more_is_told_of_every_morning(world: World) -> None:
    """OnCall #1326 again: the address vanished after publishing."""
    add_deputy(world)
    publish(world)
    with world.platform.db.write() as session:
        session.scalars(select(Person).where(Person.username == "duan")).one().email = None
    world.run_until(datetime(2026, 3, 5, 8, 1, tzinfo=ZONE))
    assert [who for who, _ in told(world, "值班表有问题")] == ["zhou", "zhou"]


def test_the_end_of_the_roster_is_told_of_a_week_before(world: World) -> None:
    add_deputy(world)
    publish(world)
    world.run_until(datetime(2026, 3, 25, 7, 59, tzinfo=ZONE))
    assert told(world, "值班表有问题") == []
    world.run_until(datetime(2026, 3, 26, 8, 1, tzinfo=ZONE))
    assert told(world, "值班表有问题") != []


def test_a_handoff_is_told_to_both_at_its_instant(world: World) -> None:
    add_deputy(world)
    publish(world)
    add_ni(world)
    take_over(world, "ni", PRIMARY, START + timedelta(hours=1), START + timedelta(hours=2))
    world.run_for(minutes=59)
    assert told(world, "交接班") == []
    world.run_for(minutes=2)
    said = "【交接班】10:00 主班：林工 → 倪工"
    assert sorted(told(world, "交接班")) == [("lin", said), ("ni", said)]
    assert on_duty(world)["primary"] == "ni"
    world.run_for(hours=1)
    assert len(told(world, "倪工 → 林工")) == 2
    assert on_duty(world)["primary"] == "lin"


def ask(world: World, who: str, person: str, start: datetime, end: datetime) -> int:
    actor, span = world.actor(who), Span(PRIMARY, ids(world)[person], start, end)
    with world.platform.db.write(who) as session:
        return swaps.ask(world.platform, session, world.now, actor, span, "外出").id


def answer(world: World, who: str, swap: int, accepted: bool = True) -> None:
    actor = world.actor(who)
    with world.platform.db.write(who) as session:
        swaps.answer(world.platform, session, world.now, actor, swap, accepted=accepted)


@pytest.fixture
def desk(world: World) -> World:
    add_deputy(world)
    publish(world)
    add_ni(world)
    return world


LATER, AFTER = START + timedelta(days=2), START + timedelta(days=3)


def test_a_swap_counts_once_the_other_agrees_and_only_once(desk: World) -> None:
    swap = ask(desk, "lin", "ni", LATER, AFTER)
    assert on_duty(desk, LATER)["primary"] == "lin"
    with pytest.raises(Forbidden):
        answer(desk, "duan", swap)
    answer(desk, "ni", swap)
    assert (on_duty(desk, LATER)["primary"], on_duty(desk, AFTER)["primary"]) == ("ni", "lin")
    with pytest.raises(Conflict):
        answer(desk, "ni", swap, accepted=False)
    assert [who for who, _ in told(desk, "换班")] == ["ni", "lin"]


def test_a_refused_swap_changes_nothing(desk: World) -> None:
    swap = ask(desk, "lin", "ni", LATER, AFTER)
    answer(desk, "ni", swap, accepted=False)
    assert on_duty(desk, LATER)["primary"] == "lin"
    with desk.platform.db.read() as session:
        assert session.get_one(DutySwap, swap).state == "refused"


WRONG = {
    "another's shift": ("duan", "ni", LATER, AFTER),
    "the past": ("lin", "ni", START - timedelta(hours=2), LATER),
    "backwards": ("lin", "ni", AFTER, LATER),
    "oneself": ("lin", "lin", LATER, AFTER),
    "somebody outside": ("lin", "wang", LATER, AFTER),
    "beyond the roster": ("lin", "ni", LATER, LATER + timedelta(days=60)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_asked_for(desk: World, name: str) -> None:
    with pytest.raises(Invalid):
        ask(desk, *WRONG[name])


def override(world: World, who: str, role: str, start: datetime, end: datetime, reason: str = "x") -> None:
    span = Span(role, ids(world)[who], start, end)
    with world.platform.db.write("zhou") as session:
        service.take_over(world.platform, session, world.now, "zhou", "override", span, reason)


@pytest.mark.parametrize(
    ("who", "start", "end", "reason"),
    [
        ("zhou", LATER, AFTER, "x"),  # has another shift then
        ("wang", LATER, AFTER, "x"),
        ("ni", AFTER, LATER, "x"),
        ("ni", START - timedelta(days=2), START - timedelta(days=1), "x"),
        ("ni", LATER, LATER + timedelta(days=40), "x"),
        ("ni", LATER, AFTER, "  "),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(
    desk: World, who: str, start: datetime, end: datetime, reason: str
) -> None:
    with pytest.raises(AppError):
        override(desk, who, PRIMARY, start, end, reason)
    assert on_duty(desk, LATER)["primary"] == "lin"


def test_what_was_changed_is_never_rewritten(desk: World) -> None:
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DatabaseError

    from oa.affairs.duty.models import DutyChange

    override(desk, "ni", PRIMARY, LATER, AFTER)
    for statement in (update(DutyChange).values(reason="y"), delete(DutyChange)):
        with pytest.raises(DatabaseError), desk.platform.db.write() as session:
            session.execute(statement)
