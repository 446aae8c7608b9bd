"""Escalation told as stories: half an hour and more, fast-forwarded through the one engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from incidents.oncall import links, queries
from incidents.oncall.models import OncallPage
from incidents.watchdog import check_unarmed
from kernel.outbox.channels import Outcome
from kernel.outbox.models import Message
from oa.affairs.duty.rules import PRIMARY
from sla.cases.models import Case
from sla.deadlines.jobs import tick
from sla.deadlines.models import FIRED, Deadline
from sla.schedule import BREACH
from tests.db.kernel.test_outbox import TRANSIENT, Scripted
from tests.support.databases import heard
from tests.support.duty import add_deputy, add_ni, publish, take_over
from tests.support.world import START, ZONE, World


@pytest.fixture
def desk(world: World) -> World:
    """A world with a published roster."""
    add_deputy(world)
    publish(world)
    world.settle()
    return world


def minutes(at: datetime) -> int:
    return (at - START) // timedelta(minutes=1)


def pages(world: World, number: str) -> Sequence[OncallPage]:
    with world.platform.db.read() as session:
        return queries.pages(session, world.incident(number).id)


def story(world: World, number: str) -> list[str]:
    """`minute clock:rung person`, in order."""
    with world.platform.db.read() as session:
        from kernel.identity.models import Person

        names = {p.id: p.username for p in session.scalars(select(Person))}
    return [f"{minutes(p.at):02} {p.clock}:{p.rung} {names[p.person_id]}" for p in pages(world, number)]


def mails(world: World, number: str, words: str = "") -> list[tuple[str, str]]:
    found = world.messages(f"incident:{number}")
    return [
        (m.address.partition("@")[0], m.title) for m in found if m.channel == "email" and words in m.title
    ]


def statements_of_a_tick(world: World) -> list[str]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    with heard(world.platform.db, "before_cursor_execute", note):
        tick(world.platform)
    return said


def test_rungs_that_come_due_together_ask_about_people_once(desk: World) -> None:
    numbers = [desk.report(who="wang") for _ in range(5)]
    desk.clock.advance(timedelta(seconds=1))
    said = statements_of_a_tick(desk)
    for table in ("duty_shift", "duty_change", "person_contact", "person_muted"):
        assert len([each for each in said if f"FROM {table}" in each]) == 1, table
    assert [story(desk, number) for number in numbers] == [["00 call:0 lin"]] * 5
    assert [len(mails(desk, number)) for number in numbers] == [1] * 5


def test_a_call_judges_nothing_anew_and_pages_show_it(desk: World) -> None:
    number = desk.report(who="wang")
    desk.clock.advance(timedelta(seconds=1))
    said = statements_of_a_tick(desk)
    assert story(desk, number) == ["00 call:0 lin"]
    assert not [each for each in said if "sla_case" in each]
    assert [each for each in said if "INSERT INTO feed_item" in each]
    with desk.platform.db.read() as session:
        assert session.scalar(select(Case.verdict_version).where(Case.subject == number)) == 1


def test_a_call_due_together_with_a_limit_is_judged(desk: World) -> None:
    number = desk.report(who="wang")
    desk.clock.advance(timedelta(minutes=31))
    tick(desk.platform)
    with desk.platform.db.read() as session:
        assert session.scalar(select(Case.response_state).where(Case.subject == number)) == "missed"


def test_incidents_of_several_payers_that_escalate_together_each_call_their_own(desk: World) -> None:
    numbers = {payer: desk.report(who="wang", payers=[payer]) for payer in ("city", "suixi")}
    desk.clock.advance(timedelta(minutes=20, seconds=1))
    tick(desk.platform)
    called = {payer: {line.split()[-1] for line in story(desk, n)} for payer, n in numbers.items()}
    assert called == {
        "city": {"lin", "duan", "zhou", "wang"},
        "suixi": {"lin", "duan", "zhou", "wang", "sun"},
    }


def test_half_an_hour_in_which_nobody_answers(desk: World) -> None:
    number = desk.report(who="wang")
    desk.run_for(minutes=31)
    told = story(desk, number)
    assert told[:5] == [
        "00 call:0 lin", "05 call:5 lin", "10 call:10 duan", "15 call:15 zhou", "20 call:20 wang",
    ]  # fmt: skip
    assert sorted(told[5:]) == [f"25 call:25 {name}" for name in ("duan", "lin", "wang", "zhou")]
    [breach] = [d for d in desk.deadlines(number, FIRED) if (d.clock, d.rung) == ("response", BREACH)]
    assert minutes(breach.due_at) == 30
    assert desk.case(number).response_state == "missed"
    assert mails(desk, number, "尚无人响应")[0][0] == "wang"


def test_an_answer_ends_the_calls_and_goes_to_the_reporter(desk: World) -> None:
    number = desk.report(who="wang")
    desk.run_for(minutes=7)
    desk.happen(number, "responded", text="正在处理")
    desk.run_for(minutes=40)
    assert story(desk, number) == ["00 call:0 lin", "05 call:5 lin"]
    assert ("wang", "【已响应】公文系统无法登录") in mails(desk, number)


def test_escalation_resumes_on_reopening_and_ends_with_the_next_human_word(desk: World) -> None:
    """OnCall #1206: escalation never resumed."""
    number = desk.report()
    desk.run_for(minutes=1)
    desk.happen(number, "responded", text="到场")
    desk.happen(number, "restored", text="已恢复")
    desk.run_for(minutes=59)
    desk.happen(number, "restoration_rejected", "wang", text="仍不能登录")
    desk.run_for(minutes=11)
    assert story(desk, number)[1:] == ["60 call:0 lin", "65 call:5 lin", "70 call:10 duan"]
    desk.happen(number, "progress", text="已到机房")
    desk.run_for(minutes=30)
    assert len(story(desk, number)) == 4
    assert {d.generation for d in desk.deadlines(number, FIRED) if d.clock == "call"} == {0, 1}


def test_the_repair_ladder_climbs_and_repeats_on_the_hour_until_restoration(desk: World) -> None:
    """OneUptime: a breached response hid the repair's breach, and the reminders' cadence drifted."""
    number = desk.report()
    desk.run_for(minutes=31)  # the response is breached
    desk.happen(number, "responded", text="到场")
    desk.run_for(hours=6)
    found = [line for line in story(desk, number) if "repair" in line]
    assert [line.partition(" ")[0] + line.partition("repair:")[2] for line in found] == [
        "12050 lin", "18075 lin", "18075 duan", "21690 lin", "21690 duan", "21690 zhou",
        "240breach lin", "240breach duan", "240breach zhou",
        "300after:1 lin", "300after:1 duan", "300after:1 zhou",
        "360after:2 lin", "360after:2 duan", "360after:2 zhou",
    ]  # fmt: skip
    desk.happen(number, "restored", text="好了")
    desk.run_for(hours=3)
    assert len([line for line in story(desk, number) if "repair" in line]) == len(found)


def test_without_a_roster_every_engineer_is_called_and_the_gap_is_alarmed(world: World) -> None:
    add_deputy(world)
    number = world.report()
    world.report(title="另一故障")
    world.run_for(minutes=6)
    assert story(world, number) == ["00 call:0 lin", "00 call:0 duan", "05 call:5 lin", "05 call:5 duan"]
    gaps = [m for m in world.messages("duty") if "值班空缺" in m.title and m.channel == "email"]
    assert [m.address for m in gaps] == ["zhou@example.test"]  # once a day and role, however many incidents


def test_an_override_is_called_from_its_instant_on(desk: World) -> None:
    number = desk.report()
    desk.run_for(minutes=4)
    add_ni(desk)
    take_over(desk, "ni", PRIMARY, desk.now, desk.now + timedelta(hours=1))
    desk.run_for(minutes=2)
    assert story(desk, number) == ["00 call:0 lin", "05 call:5 ni"]


def test_rungs_that_come_due_together_call_each_person_once(desk: World) -> None:
    """A fault told 12 minutes late: three rungs are due at once."""
    number = desk.report(reported_at=START - timedelta(minutes=12))
    desk.settle()
    assert [line.split()[-1] for line in story(desk, number)] == ["lin", "duan"]


def test_a_page_is_said_once_whatever_runs_twice(desk: World) -> None:
    """Alertmanager #2222, #4108, Keep #5354, OneUptime #2149: duplicates."""
    number = desk.report()
    for _ in range(3):
        desk.settle()
        check_unarmed(desk.platform)
    desk.run_for(minutes=6)
    keys = [m.key for m in desk.messages(f"incident:{number}")]
    assert len(keys) == len(set(keys))
    assert len(story(desk, number)) == 2
    ids = [m.message_id for m in desk.messages(f"incident:{number}")]
    assert len(ids) == len(set(ids))


def test_calls_that_were_forgotten_are_found_and_armed(desk: World) -> None:
    """Zammad #3523: one regression silenced every escalation; OnCall #724: the auditor was off."""
    number = desk.report()
    desk.run_for(seconds=1)
    incident = desk.incident(number)
    with desk.platform.db.write("saboteur") as session:
        session.execute(delete(Deadline).where(Deadline.subject_id == incident.id, Deadline.clock == "call",
                                               Deadline.state != FIRED))  # fmt: skip
    desk.run_for(minutes=6)
    assert len(story(desk, number)) == 1
    assert check_unarmed(desk.platform) == 1
    desk.settle()
    assert story(desk, number)[1] == "06 call:5 lin"
    assert any("期限缺失" in m.title for m in desk.messages(f"incident:{number}"))


def test_what_changed_is_told_again_under_its_own_generation(desk: World) -> None:
    """Zammad #4348: one notice a day even when the deadline had changed."""
    number = desk.report()
    desk.happen(number, "responded", text="到场")
    desk.run_for(minutes=121)
    start, end = (START + timedelta(minutes=m) for m in (60, 120))
    waiting = {"reason": "customer", "from": start.isoformat(), "to": end.isoformat()}
    desk.happen(number, "exclusion_claimed", text="等待甲方开门", claim="C1", **waiting)
    desk.happen(number, "exclusion_approved", "wang", claim="C1", text="属实")
    desk.run_for(minutes=60)
    half = [line for line in story(desk, number) if "repair:50" in line]
    assert half == ["120 repair:50 lin", "180 repair:50 lin"]


def test_a_late_page_stands_on_the_timeline(desk: World) -> None:
    """GoAlert #4188: a page 16 minutes late, and nobody was told."""
    desk.platform.channels["email"] = Scripted(*[TRANSIENT] * 5, *[Outcome(True, "250")] * 99)
    number = desk.report()
    desk.run_for(minutes=4)
    with desk.platform.db.read() as session:
        from kernel.web.moment import Moment, use_moment

        use_moment(Moment(desk.now, ZONE))
        found = queries.notices(session, desk.incident(number))
    said = "\n".join(entry["body"] for entry in found)
    assert "主班 林工 · 邮件" in said
    assert "迟发" in said


def test_a_page_goes_by_two_channels_whatever_is_switched_off(desk: World) -> None:
    from kernel.identity.models import Person
    from kernel.outbox.reach import service as reach
    from kernel.outbox.reach.rules import OUTSIDE

    desk.platform.channels |= {"sms": Scripted(), "webhook": Scripted()}
    with desk.platform.db.write("lin") as session:
        lin = session.scalars(select(Person).where(Person.username == "lin")).one()
        muted = {"page": list(OUTSIDE), "notice": []}
        reach.save(session, desk.now, lin, "13800000000", {"webhook": "https://hook.test/x"}, muted)
    number = desk.report()
    desk.run_for(seconds=1)
    page = [m for m in desk.messages(f"incident:{number}") if m.key.startswith("page:")]
    assert sorted(m.channel for m in page) == ["email", "inapp", "sms"]


def link(world: World, number: str, who: str = "lin") -> str:
    [mail, *_] = [
        m for m in world.messages(f"incident:{number}")
        if m.channel == "email" and m.address.startswith(who) and "/answer/" in m.body
    ]  # fmt: skip
    return mail.body.rpartition("/answer/")[2].strip()


def test_a_link_is_for_those_who_may_answer_and_bound_to_its_page(desk: World) -> None:
    number = desk.report(who="wang")
    desk.run_for(minutes=26)
    token = link(desk, number)
    assert links.page_of(desk.platform, token, desk.now) == pages(desk, number)[0].id
    told_a = [m for m in desk.messages(f"incident:{number}") if m.address.startswith("wang")]
    assert told_a
    assert not any("/answer/" in m.body for m in told_a)
    assert not any("/answer/" in m.body for m in desk.messages(f"incident:{number}") if m.channel != "email")
    assert links.page_of(desk.platform, token, desk.now + timedelta(hours=links.HOURS)) is None


def forged(token: str) -> list[str]:
    number, until, mac = token.split(".")
    return [
        f"{int(number) + 1}.{until}.{mac}", f"{number}.{int(until) + 9}.{mac}",
        f"{number}.{until}.{'0' * 40}",
        f"{number}.{until}", "", "...", "x", f"{number}.{until}.{mac}x", "١.٢.٣", f"0{token}",
        f"{'9' * 40}.{until}.{mac}",
    ]  # fmt: skip


def test_a_token_that_was_changed_is_none(desk: World) -> None:
    number = desk.report()
    desk.run_for(seconds=1)
    token = link(desk, number)
    tried: dict[str, Any] = {t: links.page_of(desk.platform, t, desk.now) for t in forged(token)}
    assert {t for t, page in tried.items() if page is not None} == set()


def test_the_messages_of_a_story_are_a_constant_number_for_each_rung(desk: World) -> None:
    number = desk.report()
    desk.run_for(minutes=16)
    with desk.platform.db.read() as session:
        wanted = select(func.count()).select_from(Message).where(Message.key.startswith("page:"))
        assert session.scalar(wanted) == 2 * len(story(desk, number))
