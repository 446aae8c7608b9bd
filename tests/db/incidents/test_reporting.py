"""Reporting a fault: what is refused and named, what is written, who is called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kernel.errors import Invalid
from tests.support.ledger import penalties
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def ago(world: World, **delta: float) -> Any:
    return world.now - timedelta(**delta)


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "blank title": ({"title": "  "}, ["title"]),
    "long title": ({"title": "长" * 201}, ["title"]),
    "unknown class": ({"fault_class": "nothing"}, ["fault_class"]),
    "unknown module": ({"modules": ["documents", "nothing"]}, ["modules"]),
    "unknown payer": ({"payers": ["nowhere"]}, ["payers"]),
    "all at once": (
        {"title": "", "fault_class": "x", "modules": ["x"], "payers": ["x"]},
        ["title", "fault_class", "modules", "payers"],
    ),
}


@SQLITE
@pytest.mark.parametrize("case", WRONG)
def test_every_wrong_field_is_named(world: World, case: str) -> None:
    fields, named = WRONG[case]
    with pytest.raises(Invalid) as caught:
        world.report(**fields)
    assert [e.field for e in caught.value.errors] == named


@SQLITE
@pytest.mark.parametrize("name", ["occurred_at", "detected_at", "reported_at"])
@pytest.mark.parametrize("delta", [timedelta(microseconds=1), timedelta(days=-3653, microseconds=-1)])
def test_a_time_in_the_future_or_in_a_mistyped_year_is_refused(
    world: World, name: str, delta: timedelta
) -> None:
    with pytest.raises(Invalid) as caught:
        world.report(**{name: world.now + delta})
    assert caught.value.errors[0].field == name


@SQLITE
def test_nothing_occurs_after_it_is_known(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        world.report(occurred_at=ago(world, minutes=1), detected_at=ago(world, minutes=2))
    assert [e.field for e in caught.value.errors] == ["occurred_at"]


def test_a_refusal_leaves_no_trace_and_uses_no_number(world: World) -> None:
    with pytest.raises(Invalid):
        world.report(title="")
    assert world.report() == "F20260303-0001"


@SQLITE
def test_a_county_reports_for_itself_only(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        world.report("sun", payers=["suixi", "city"])
    assert [e.field for e in caught.value.errors] == ["payers"]
    assert world.incident(world.report("sun", payers=["suixi"])).reporter == "孙主任"


def test_numbers_count_up_by_the_local_day_of_the_start(world: World) -> None:
    assert [world.report(), world.report()] == ["F20260303-0001", "F20260303-0002"]
    assert world.report(detected_at=ago(world, hours=9, minutes=1)) == "F20260302-0001"
    assert world.report(detected_at=ago(world, hours=9)) == "F20260303-0003"


def test_the_clock_runs_from_the_earliest_knowledge(world: World) -> None:
    number = world.report(detected_at=ago(world, minutes=15), occurred_at=ago(world, hours=2))
    other = world.report(detected_at=ago(world, minutes=15), reported_at=ago(world, minutes=20))
    assert world.incident(number).started_at == ago(world, minutes=15)
    assert world.incident(other).started_at == ago(world, minutes=20)
    assert world.kinds(other) == ["reported", "detected"]


@SQLITE
def test_units_and_modules_are_kept_once_each(world: World) -> None:
    found = world.incident(world.report(modules=["duty", "duty"], payers=["city", "city"]))
    assert (found.modules, found.payers) == (["duty"], ["city"])


def test_the_engineers_are_called_by_mail_and_in_the_platform_and_nobody_else(world: World) -> None:
    number = world.report("qian", payers=["lieshan"], title="收文打不开")
    world.run_for(seconds=1)
    told = [(m.channel, m.address) for m in world.messages(f"incident:{number}")]
    assert told == [("email", "lin@example.test"), ("inapp", "lin")]
    mail = world.messages(f"incident:{number}")[0]
    assert "09:30前响应" in mail.title
    assert number in mail.body


def test_the_reporter_hears_the_answer(world: World) -> None:
    number = world.report("qian", payers=["lieshan"])
    world.happen(number, "responded", text="正在查看，十分钟内回电")
    answer = [m for m in world.messages(f"incident:{number}") if m.address.startswith("qian")]
    assert [m.channel for m in answer] == ["email", "inapp"]
    assert "十分钟内回电" in answer[0].body


@SQLITE
def test_a_fault_told_late_is_judged_at_once(world: World) -> None:
    number = world.report(reported_at=ago(world, minutes=31))
    assert world.case(number).response_state == "missed"
    assert [p.state for p in penalties(world, number)] == ["proposed"]
