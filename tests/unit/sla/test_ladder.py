"""Which calls should be armed, told as walks through an incident."""

from __future__ import annotations

import pytest

from sla.ladder import ANSWERS, climbing
from sla.schedule import planned
from tests.unit.sla.story import HUAIBEI, Line, at, events, fault, judged

START: Line = ("10:00", "reported", fault())
ANSWERED: Line = ("10:05", "responded")


def armed(*story: Line, as_of: str) -> dict[str, str]:
    due = climbing(HUAIBEI, judged(story, as_of), events(story), at(as_of))
    return {f"{p.clock}:{p.rung}": f"{p.due_at.astimezone(HUAIBEI.zone):%H:%M}" for p in due}


LADDER = {"call:0": "10:00", "call:5": "10:05", "call:10": "10:10", "call:15": "10:15", "call:20": "10:20",
          "call:25": "10:25"}  # fmt: skip


def test_a_new_incident_arms_the_whole_ladder() -> None:
    assert armed(START, as_of="10:00") == LADDER


def test_an_answer_ends_it() -> None:
    assert armed(START, ANSWERED, as_of="10:05") == {}


def test_a_restoration_without_an_answer_does_not_end_it_closing_does() -> None:
    story = (START, ("10:04", "restored"))
    assert armed(*story, as_of="10:04") == LADDER
    assert armed(*story, ("10:06", "restoration_accepted"), ("10:07", "closed"), as_of="10:07") == {}


@pytest.mark.parametrize("again", ["reopened", "restoration_rejected"])
def test_reopening_begins_anew_until_a_human_speaks(again: str) -> None:
    """OnCall #1206: escalation never resumed."""
    story = (START, ANSWERED, ("10:30", "restored"), ("11:00", again))
    found = armed(*story, as_of="11:00")
    assert list(found.values()) == ["11:00", "11:05", "11:10", "11:15", "11:20", "11:25"]
    for kind in ANSWERS:
        assert not any(key.startswith("call") for key in armed(*story, ("11:03", kind), as_of="11:03"))


def test_after_the_repair_limit_the_next_call_lies_on_the_hour_grid() -> None:
    """OneUptime: the cadence of reminders drifted. Ours is reckoned from the limit."""
    story = (START, ANSWERED)
    assert armed(*story, as_of="13:59") == {}
    assert armed(*story, as_of="14:00") == {"repair:after:1": "15:00"}
    assert armed(*story, as_of="15:17") == {"repair:after:2": "16:00"}
    assert armed(*story, ("15:20", "restored"), as_of="15:20") == {}


def test_a_false_alarm_calls_nobody() -> None:
    story = (START, ("10:01", "false_alarm_claimed"), ("10:02", "false_alarm_agreed"))
    assert armed(*story, as_of="10:02") == {}


@pytest.mark.parametrize("as_of", ["10:00", "10:31", "14:30"])
def test_calls_never_stand_where_a_breach_stands(as_of: str) -> None:
    """One list wakes people, another judges: no key of one can displace a row of the other."""
    verdict = judged((START,), as_of)
    judging = {(p.clock, p.rung) for p in planned(HUAIBEI, verdict, events((START,)), at(as_of))}
    calling = {(p.clock, p.rung) for p in climbing(HUAIBEI, verdict, events((START,)), at(as_of))}
    assert not judging & calling
    assert ("response", "breach") in judging
