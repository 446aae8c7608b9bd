"""Broadcasts (第十六条) through engine and outbox: on the grid, each once, judged by who was reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.broadcasts import service as words
from incidents.models import Broadcast
from kernel.errors import Conflict, Invalid
from kernel.outbox.channels import Outcome
from kernel.outbox.models import Message
from kernel.outbox.service import mark_opened
from tests.support.ledger import at
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
ALL = ("city", "suixi")


def slots(world: World, number: str) -> list[Broadcast]:
    return [b for b in world.broadcasts(number) if b.slot >= 0]


def times(world: World, rows: Sequence[Broadcast]) -> list[str]:
    return [b.due_at.astimezone(world.platform.zone).strftime("%H:%M") for b in rows]


def closing(world: World, number: str) -> list[Broadcast]:
    return [b for b in world.broadcasts(number) if b.slot < 0]


def mails(world: World, broadcast: Broadcast, channel: str = "email") -> list[Message]:
    return [m for m in world.messages(f"broadcast:{broadcast.id}") if m.channel == channel]


def say(world: World, number: str, **text: str) -> Broadcast:
    with world.platform.db.write("lin") as session:
        incident = session.merge(world.incident(number))
        return words.write_words(world.platform, session, world.now, world.actor("lin"), incident, text)


class Deaf:
    """A mail server that is down, or refuses some addresses."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        for message in messages:
            down = not self.refused or message.address in self.refused
            yield message, Outcome(not down, "451 try later" if down else "250 kept")


def test_example_12_eight_slots_and_a_closing_broadcast(world: World) -> None:
    world.clock.move_to(at(world, 10))
    number = world.report()
    world.happen(number, "major_declared")
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 13, 40))
    world.happen(number, "restored", text="好")
    world.run_for(minutes=10)
    expected = ["10:00", "10:30", "11:00", "11:30", "12:00", "12:30", "13:00", "13:30"]
    assert times(world, slots(world, number)) == expected
    assert {b.state for b in slots(world, number)} == {"sent"}
    assert times(world, closing(world, number)) == ["13:40"]
    case = world.case(number)
    assert (case.slots_owed, case.slots_on_time, case.slots_late, case.slots_missed) == (8, 8, 0, 0)


def test_example_13_two_districts_make_it_major_without_a_word(world: World) -> None:
    world.clock.move_to(at(world, 10))
    number = world.report(payers=["xiangshan", "duji"])
    world.run_until(at(world, 13, 40))
    world.happen(number, "restored", text="好")
    assert world.incident(number).major_since == at(world, 10)
    assert len(slots(world, number)) == 8


def test_example_14_an_hour_makes_it_major(world: World) -> None:
    world.clock.move_to(at(world, 10))
    number = world.report()
    world.run_until(at(world, 11, 45))
    world.happen(number, "restored", text="好")
    world.run_for(minutes=1)
    assert times(world, slots(world, number)) == ["11:00", "11:30"]
    assert times(world, closing(world, number)) == ["11:45"]


def test_restored_after_exactly_an_hour_is_not_long(world: World) -> None:
    number = world.report()
    world.run_for(minutes=60)
    world.happen(number, "restored", text="好")
    world.run_for(hours=1)
    assert world.broadcasts(number) == []


def test_a_slot_exactly_at_the_restoration_is_not_owed(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_until(at(world, 10, 0))
    world.happen(number, "restored", text="好", at=at(world, 10))
    world.run_for(minutes=10)
    assert times(world, slots(world, number)) == ["09:00", "09:30"]
    assert world.case(number).slots_owed == 2


def test_a_reopening_starts_a_grid_of_its_own(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_until(at(world, 9, 40))
    world.happen(number, "restored", text="好")
    world.run_until(at(world, 10, 5))
    world.happen(number, "restoration_rejected", "wang", text="没好")
    world.run_until(at(world, 10, 50))
    world.happen(number, "restored", text="好")
    world.run_for(minutes=1)
    assert times(world, slots(world, number)) == ["09:00", "09:30", "10:05", "10:35"]
    assert [(b.grid, b.slot) for b in slots(world, number)] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert times(world, closing(world, number)) == ["09:40", "10:50"]
    assert world.case(number).slots_owed == 4


def test_what_the_engine_slept_through_is_missed_and_only_the_newest_is_said(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_until(at(world, 9, 10))
    world.clock.move_to(at(world, 11, 2))
    world.settle()
    found = slots(world, number)
    assert [b.state for b in found] == ["sent", "missed", "missed", "missed", "sent", "scheduled"]
    assert [b.slot for b in found if b.sent_at] == [0, 4]
    case = world.case(number)
    assert (case.slots_owed, case.slots_on_time, case.slots_missed) == (5, 2, 3)


def test_a_restoration_told_late_takes_back_the_slots_after_it(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_until(at(world, 10, 40))
    world.happen(number, "restored", text="其实九点四十就好了", at=at(world, 9, 40))
    world.run_for(minutes=10)
    case = world.case(number)
    assert (case.slots_owed, case.slots_on_time, case.slots_missed) == (2, 2, 0)


def test_a_declaration_told_late_moves_the_grid_and_owes_what_was_not_said(world: World) -> None:
    number = world.report()
    world.run_until(at(world, 10, 50))
    world.happen(number, "major_declared", at=at(world, 9, 10))
    world.run_for(minutes=10)
    owed = [b for b in slots(world, number) if b.due_at.minute in (10, 40) and b.due_at <= world.now]
    assert times(world, owed) == ["09:10", "09:40", "10:10", "10:40"]
    case = world.case(number)
    assert case.slots_owed == case.slots_on_time + case.slots_late + case.slots_missed == 4


def test_slot_zero_waits_three_minutes_for_words(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_for(minutes=2, seconds=59)
    assert slots(world, number)[0].sent_at is None
    world.run_for(seconds=2)
    first = slots(world, number)[0]
    assert (first.automatic, first.state) == (1, "sent")
    assert "自动通报" in mails(world, first)[0].body


def test_slot_zero_with_words_goes_at_once(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_for(seconds=40)
    say(world, number, progress="正在重启数据库")
    world.settle()
    first = slots(world, number)[0]
    assert (first.sent_at, first.automatic, first.author, first.state) == (world.now, 0, "林工", "sent")
    assert "正在重启数据库" in mails(world, first)[0].body


def test_words_written_ahead_go_with_their_slot_only(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_for(minutes=10)
    say(world, number, impact="两个单位", expected="十一点")
    world.run_for(minutes=51)
    found = slots(world, number)
    assert [b.automatic for b in found[:3]] == [1, 0, 1]
    assert "十一点" in mails(world, found[1])[0].body


@SQLITE
def test_words_need_something_to_say_and_a_slot_to_come(world: World) -> None:
    number = world.report(payers=ALL)
    with pytest.raises(Invalid, match="至少填写一项"):
        say(world, number, progress="  ")
    with pytest.raises(Invalid, match="2000"):
        say(world, number, progress="长" * 2001)
    world.happen(number, "restored", text="好")
    world.settle()
    with pytest.raises(Conflict, match="没有待发"):
        say(world, number, progress="x")


def prompts(world: World, broadcast: Broadcast) -> list[datetime]:
    return [m.created_at for m in world.messages(f"prompt:{broadcast.id}") if m.channel == "email"]


def test_the_engineer_is_asked_at_once_and_then_five_minutes_before_each_slot(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_until(at(world, 9, 31))
    asked = [prompts(world, b) for b in slots(world, number)[:2]]
    assert [len(times_) for times_ in asked] == [1, 1]
    assert asked[0][0] == at(world, 9)
    assert timedelta(0) <= asked[1][0] - at(world, 9, 25) <= timedelta(seconds=1)


def test_the_city_and_the_touched_county_are_told_and_no_other(world: World) -> None:
    city, county = world.report(fault_class="system_major"), world.report(payers=["suixi", "city"])
    world.run_for(minutes=4)
    told = {n: sorted(m.address for m in mails(world, slots(world, n)[0])) for n in (city, county)}
    assert told[city] == ["wang@example.test"]
    assert told[county] == ["sun@example.test", "wang@example.test"]


def deaf(world: World, *refused: str) -> None:
    world.platform.channels["email"] = Deaf(*refused)


def test_one_recipient_who_was_not_reached_makes_the_slot_missed(world: World) -> None:
    deaf(world, "sun@example.test")
    number = world.report(payers=ALL)
    world.run_for(minutes=6)
    assert slots(world, number)[0].state == "missed"
    assert world.case(number).slots_missed == 1


def open_sheet(world: World, broadcast: Broadcast, who: str) -> None:
    with world.platform.db.write(who) as session:
        mark_opened(session, world.now, world.actor(who).person_id or 0, f"broadcast:{broadcast.id}")
    world.settle()


def test_opening_it_in_the_platform_counts_as_received(world: World) -> None:
    deaf(world)
    number = world.report(payers=ALL)
    world.run_for(minutes=4)
    for who in ("wang", "sun"):
        assert slots(world, number)[0].state == "scheduled"
        open_sheet(world, slots(world, number)[0], who)
    assert slots(world, number)[0].state == "sent"


def test_what_is_received_later_is_late_and_no_longer_missed(world: World) -> None:
    deaf(world, "sun@example.test")
    number = world.report(payers=ALL)
    world.run_for(minutes=10)
    open_sheet(world, slots(world, number)[0], "sun")
    assert (slots(world, number)[0].state, world.case(number).slots_late) == ("late", 1)
    told = [e.data["text"] for e in world.events(number) if e.type == "broadcast_sent"]
    assert told == ["通报漏报", "通报迟报"]


def test_a_mail_server_that_comes_back_delivers_each_broadcast_once(world: World) -> None:
    kept = world.platform.channels["email"]
    deaf(world)
    number = world.report(payers=ALL)
    world.run_until(at(world, 9, 50))
    world.platform.channels["email"] = kept
    world.run_until(at(world, 10, 10))
    found = slots(world, number)
    assert [b.state for b in found[:3]] == ["late", "late", "sent"]
    sent = [m for b in found for m in mails(world, b)]
    assert len({m.message_id for m in sent}) == len(sent)
    assert {m.state for m in sent} == {"sent"}


def test_issues_are_numbered_through_all_grids(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_until(at(world, 9, 40))
    world.happen(number, "restored", text="好")
    world.settle()
    titles = [mails(world, b)[0].title for b in world.broadcasts(number)]
    assert [t.split("期")[0] for t in titles] == ["【故障通报】第1", "【故障通报】第2", "【恢复通报】第3"]


def test_engine_twice_says_nothing_twice(world: World) -> None:
    number = world.report(payers=ALL)
    world.run_for(minutes=35)
    before = [m.id for b in slots(world, number) for m in mails(world, b)]
    for _ in range(3):
        world.settle()
    assert [m.id for b in slots(world, number) for m in mails(world, b)] == before


def facts(case: Any) -> tuple[int, int, int, int]:
    return case.slots_owed, case.slots_on_time, case.slots_late, case.slots_missed


@SQLITE
def test_nobody_to_tell_is_a_missed_slot(world: World) -> None:
    from sqlalchemy import update

    from kernel.identity.models import Person

    with world.platform.db.write() as session:
        session.execute(update(Person).where(Person.username == "wang").values(email=None))
    number = world.report(fault_class="system_major")
    world.run_for(minutes=6)
    assert facts(world.case(number)) == (1, 0, 0, 1)
