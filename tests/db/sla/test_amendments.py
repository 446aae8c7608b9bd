"""An amendment binds when both parties have signed and its day has begun; open clocks keep their version."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kernel.audit.attest import all_problems
from kernel.errors import Conflict, Forbidden, Invalid
from sla import pinned
from sla.amendments import service
from sla.amendments.models import Amendment
from tests.support.world import World
from tests.unit.sla.story import HUAIBEI, with_options

STRICTER = with_options(limit_minutes="26")
DAY = date(2026, 3, 10)
BEFORE, AFTER = "2026-03-09T23:59:59+08:00", "2026-03-10T00:00:00+08:00"


def propose(world: World, who: str = "zhou", day: date = DAY, text: str = STRICTER.text) -> int:
    actor = world.actor(who)
    with world.platform.db.write(who) as session:
        return service.propose(world.platform, session, world.now, actor, text, day, "补充协议一").id


def decide(world: World, number: int, decision: str, who: str, reason: str = "") -> str:
    actor = world.actor(who)
    with world.platform.db.write(who) as session:
        return service.decide(world.platform, session, world.now, actor, number, decision, reason).state


def move(world: World, iso: str) -> None:
    from datetime import datetime

    world.clock.move_to(datetime.fromisoformat(iso))


def test_a_fault_is_judged_by_the_version_in_force_when_it_began(world: World) -> None:
    old = world.report()
    assert decide(world, propose(world), "agree", "wang") == "agreed"
    move(world, BEFORE)
    last = world.report()
    move(world, AFTER)
    first = world.report()
    late = world.report(reported_at=world.now - timedelta(seconds=1))
    versions = [world.incident(n).contract for n in (old, last, first, late)]
    assert versions == [HUAIBEI.digest, HUAIBEI.digest, STRICTER.digest, HUAIBEI.digest]
    due = [world.case(n).response_due_at - world.incident(n).started_at for n in (last, first)]
    assert due == [timedelta(minutes=30), timedelta(minutes=26)]


def test_an_open_clock_keeps_its_version_whatever_happens_later(world: World) -> None:
    move(world, BEFORE)
    number = propose(world, day=date(2026, 3, 11))
    decide(world, number, "agree", "wang")
    fault = world.report()
    world.run_for(days=2)
    world.happen(fault, "responded", text="已到场")
    assert world.incident(fault).contract == HUAIBEI.digest
    assert world.case(fault).response_due_at - world.incident(fault).started_at == timedelta(minutes=30)


@pytest.mark.parametrize(("decision", "who"), [("refuse", "wang"), ("withdraw", "zhou")])
def test_what_is_refused_or_withdrawn_never_binds(world: World, decision: str, who: str) -> None:
    number = propose(world)
    decide(world, number, decision, who, "暂不变更")
    move(world, AFTER)
    assert pinned.in_force(world.platform).digest == HUAIBEI.digest
    with pytest.raises(Conflict):
        decide(world, number, "agree", "wang")


def test_what_waits_for_the_other_party_does_not_bind(world: World) -> None:
    number = propose(world, "wang")
    move(world, AFTER)
    assert pinned.in_force(world.platform).digest == HUAIBEI.digest
    with pytest.raises(Conflict, match="重新提出"):
        decide(world, number, "agree", "zhou")


def test_no_party_signs_for_the_other(world: World) -> None:
    number = propose(world)
    for who, decision in (
        ("zhou", "agree"),
        ("zhou", "refuse"),
        ("wang", "withdraw"),
        ("sun", "agree"),
        ("lin", "agree"),
    ):
        with pytest.raises(Forbidden):
            decide(world, number, decision, who, "x")
    with pytest.raises(Forbidden):
        propose(world, "auditor")


@pytest.mark.parametrize(
    ("text", "day", "words"),
    [
        ("x = ", DAY, "TOML"),
        (HUAIBEI.text, DAY, "没有差别"),
        (STRICTER.text.replace('zone = "Asia/Shanghai"', 'zone = "Asia/Urumqi"'), DAY, "时区不能改变"),
        (STRICTER.text, date(2026, 3, 3), "不溯及既往"),
        (STRICTER.text, date(2020, 1, 1), "不溯及既往"),
    ],
)
def test_a_bad_proposal_is_refused_and_nothing_is_kept(
    world: World, text: str, day: date, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        propose(world, text=text, day=day)
    with world.platform.db.read() as session:
        assert service.listing(session) == []


def test_the_other_party_is_told_and_then_the_proposer(world: World) -> None:
    number = propose(world)
    decide(world, number, "agree", "wang")
    titles = [(m.person_id, m.title) for m in world.messages(f"amendment:{number}") if m.channel == "inapp"]
    assert [title for _, title in titles] == ["【请确认合同变更】", "【合同变更已获确认】"]
    assert titles[0][0] != titles[1][0]


def test_every_step_is_attested(world: World) -> None:
    from tests.db.kernel.test_attest import tamper

    decide(world, propose(world), "agree", "wang")
    assert list(all_problems(world.platform)) == []
    tamper(world, "amendment_entry", "UPDATE amendment_entry SET reason = 'x' WHERE seq = 1")
    assert ["amendment:1#1" in p for p in all_problems(world.platform)] == [True]


def test_the_day_by_which_it_binds_is_attested_too(world: World) -> None:
    from sqlalchemy import update

    decide(world, propose(world), "agree", "wang")
    with world.platform.db.write() as session:
        session.execute(update(Amendment).values(effective_at=world.now))
    assert len(list(all_problems(world.platform))) == 2
