"""Reviews: who owes one and until when, how it is handed in and decided, its action items, its record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from incidents.reviews import queries, register, rules
from incidents.reviews.integrity import check_entries
from incidents.reviews.waiting import waiting as waiting_for
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.support.reviews import GOOD, add, armed, closed, decide, detail, move, reviews, submit
from tests.support.world import World


def titles(world: World, number: str, who: str) -> list[str]:
    found = world.messages(f"review:{number}")
    return [m.title.split("：")[0] for m in found if m.channel == "inapp" and m.address == who]


def test_a_late_incident_owes_a_review_from_its_closing_on(world: World) -> None:
    number = closed(world)
    review = detail(world, number).review
    assert review is not None
    assert (review.state, review.required) == (rules.OWED, 1)
    assert review.due_at == rules.due_at(world.now, 7, world.platform.zone, working=False)
    assert armed(world) == ["remind", "due"]


def test_a_major_incident_owes_one_even_in_time_and_a_drill_or_a_good_one_does_not(world: World) -> None:
    closed(world, late=False)
    closed(world, drill=True)
    assert reviews(world) == []
    closed(world, late=False, fault_class="system_major")
    assert [r.required for r in reviews(world)] == [1]


def test_a_reopened_incident_owes_nothing_until_it_is_closed_again(world: World) -> None:
    number = closed(world)
    world.happen(number, "reopened", text="又来了")
    assert armed(world) == []
    world.run_for(hours=1)
    world.happen(number, "restored", text="好")
    world.happen(number, "restoration_accepted", "wang", text="正常")
    world.happen(number, "closed", text="归档")
    assert armed(world) == ["remind", "due"]
    assert len(reviews(world)) == 1


def test_party_b_is_reminded_and_both_are_told_when_it_is_late(world: World) -> None:
    number = closed(world)
    world.run_for(days=7)
    assert titles(world, number, "lin") == ["【提醒】故障复盘即将到期"]
    world.run_for(days=1)
    assert titles(world, number, "wang") == ["【逾期】故障复盘尚未提交"]


def test_a_review_goes_from_party_b_to_party_a_and_back(world: World) -> None:
    number = closed(world)
    submit(world, number)
    assert armed(world) == []
    with pytest.raises(Conflict):
        submit(world, number)
    with pytest.raises(Invalid, match="理由"):
        decide(world, number, accepted=False)
    decide(world, number, accepted=False, text="原因不清")
    assert armed(world) == ["remind", "due"]
    assert "【退回】" in titles(world, number, "lin")[-1]
    submit(world, number)
    decide(world, number)
    found = detail(world, number)
    assert found.state == rules.ACCEPTED
    assert [e.type for e in found.entries] == ["submitted", "returned", "submitted", "accepted"]
    assert dict(found.content) == GOOD.as_dict()


def test_what_is_missing_is_named_and_nothing_is_kept(world: World) -> None:
    number = closed(world)
    with pytest.raises(Invalid) as refused:
        submit(world, number, content=rules.Content(cause="config"))
    assert [e.field for e in refused.value.errors] == ["cause_text", "found", "measures", "prevention"]
    assert detail(world, number).entries == []


def test_a_review_begins_with_the_closing_and_a_stale_page_is_refused(world: World) -> None:
    number = world.report()
    with pytest.raises(Conflict):
        submit(world, number)
    late = closed(world)
    with pytest.raises(Conflict, match="过期"):
        submit(world, late, if_version=99)
    with pytest.raises(NotFound):
        submit(world, "F20990101-0001")


def test_any_closed_incident_may_be_reviewed_without_a_deadline(world: World) -> None:
    number = closed(world, late=False)
    submit(world, number)
    review = detail(world, number).review
    assert review is not None
    assert (review.required, review.due_at, armed(world)) == (0, None, [])


def test_an_action_item_is_done_by_its_owner_and_verified_by_party_a(world: World) -> None:
    number = closed(world)
    add(world, number, owner="he")
    assert titles(world, number, "he") == ["【整改事项】由您负责"]
    with pytest.raises(Forbidden):
        move(world, number, "verified", "he")
    move(world, number, "done", "he", "已上线，见变更单")
    assert armed(world, "review_action") == []
    assert "【请核验】" in titles(world, number, "wang")[-1]
    move(world, number, "reopened", "wang", "缺少回归")
    assert armed(world, "review_action") == ["remind", "due"]
    move(world, number, "done", "he")
    move(world, number, "verified", "wang", None)
    [action] = detail(world, number).actions
    assert action.state == rules.VERIFIED


def test_nobody_but_owner_and_party_b_finishes_and_nobody_twice(world: World) -> None:
    number = closed(world)
    add(world, number, owner="zhou")
    for who in ("he", "wang"):
        with pytest.raises(Forbidden):
            move(world, number, "done", who)
    with pytest.raises(Invalid):
        move(world, number, "done", "zhou", " ")
    move(world, number, "done", "lin")
    with pytest.raises(Conflict):
        move(world, number, "done", "lin")
    with pytest.raises(NotFound):
        move(world, number, "done", "lin", seq=9)
    with pytest.raises(Invalid):
        move(world, number, "eaten", "lin")


def test_an_item_can_be_dropped_until_the_review_is_accepted(world: World) -> None:
    number = closed(world)
    add(world, number)
    add(world, number)
    move(world, number, "dropped", "lin", "重复")
    submit(world, number)
    decide(world, number)
    with pytest.raises(Conflict):
        move(world, number, "dropped", "lin", "不做了", seq=2)


@pytest.mark.parametrize(
    ("title", "owner", "days", "field"),
    [
        (" ", "he", 1, "title"),
        ("做", "qian", 1, "owner"),
        ("做", "he", -1, "due_at"),
        ("长" * 201, "he", 1, "title"),
    ],
)
def test_a_bad_item_is_named(world: World, title: str, owner: str, days: float, field: str) -> None:
    number = closed(world)
    with pytest.raises(Invalid) as refused:
        add(world, number, owner, days, title)
    assert [e.field for e in refused.value.errors] == [field]


def test_the_owner_is_reminded_and_both_parties_hear_when_an_item_is_late(world: World) -> None:
    number = closed(world)
    add(world, number, owner="he", days=4)
    world.run_for(days=3, minutes=1)
    assert titles(world, number, "he")[-1] == "【提醒】整改事项即将到期"
    world.run_for(days=1)
    assert titles(world, number, "he")[-1] == "【逾期】整改事项尚未完成"
    assert titles(world, number, "wang") == ["【逾期】整改事项尚未完成"]


def waiting(world: World, who: str) -> list[str]:
    with world.platform.db.read() as session:
        return [w.what for w in waiting_for(session, world.actor(who))]


def test_what_waits_for_whom(world: World) -> None:
    number = closed(world)
    add(world, number, owner="he")
    assert waiting(world, "lin") == ["请提交复盘"]
    assert waiting(world, "he") == ["请完成整改事项"]
    assert waiting(world, "wang") == []
    submit(world, number)
    move(world, number, "done", "he")
    assert waiting(world, "lin") == waiting(world, "he") == []
    assert waiting(world, "wang") == ["请审阅复盘", "请核验整改事项"]
    assert waiting(world, "sun") == waiting(world, "auditor") == []


def numbers(world: World, who: str = "auditor", **wanted: object) -> list[str]:
    with world.platform.db.read() as session:
        asked = register.Filter(**wanted)  # type: ignore[arg-type]
        lines, _next = register.listing(session, world.actor(who), asked, world.now)
        return [line.incident.number for line in lines]


def test_the_register_is_filtered_and_paged(world: World) -> None:
    first = closed(world, payers=["suixi"])
    second = closed(world, modules=["receipts"])
    submit(world, first)
    add(world, second, days=1)
    assert numbers(world) == [second, first]
    assert numbers(world, state="submitted") == numbers(world, cause="config") == [first]
    assert numbers(world, module="receipts") == numbers(world, open=True) == [second]
    assert numbers(world, "sun") == [first]
    world.run_for(days=2)
    assert numbers(world, overdue=True) == [second]
    assert numbers(world, overdue=False) == [first]
    with world.platform.db.read() as session:
        actor = world.actor("auditor")
        page, cursor = register.listing(session, actor, register.Filter(), world.now, limit=1)
        rest, end = register.listing(session, actor, register.Filter(), world.now, cursor, 1)
    assert ([line.incident.number for line in page + rest], end) == ([second, first], None)


def test_a_repeated_causes_count_equals_its_list(world: World) -> None:
    for modules in (["documents", "receipts"], ["documents"], ["receipts"], ["files"]):
        submit(world, closed(world, modules=modules))
    since = world.now - timedelta(days=30)
    with world.platform.db.read() as session:
        found = queries.repeats(session, world.actor("wang"), since)
        assert queries.repeats(session, world.actor("sun"), since) == []
    assert [(r.cause, r.module, r.count) for r in found] == [
        ("config", "documents", 2), ("config", "receipts", 2)
    ]  # fmt: skip
    for r in found:
        assert len(numbers(world, cause=r.cause, module=r.module, since=since)) == r.count


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_altered_entry_is_named(world: World) -> None:
    number = closed(world)
    submit(world, number)
    with world.platform.db.read() as session:
        assert list(check_entries(session)) == []
    with world.platform.db.write() as session:
        session.execute(text("DROP TRIGGER review_entry_no_update"))
        session.execute(text("UPDATE review_entry SET actor = 'zhou'"))
    with world.platform.db.read() as session:
        [problem] = check_entries(session)
    assert problem.startswith(f"review:{number}#1：内容与审计记录")
