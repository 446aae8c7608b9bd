"""What a review must say and when it is due."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.reviews import rules
from tests.support.world import START, ZONE

GOOD = rules.Content("config", "端口配错", "巡检发现", "改回", "加校验")
TIMES = st.timedeltas(timedelta(), timedelta(days=2000)).map(lambda after: START + after)


def test_a_complete_review_is_good_without_lessons() -> None:
    assert rules.check(GOOD) == []


@pytest.mark.parametrize("name", ["cause", "cause_text", "found", "measures", "prevention"])
def test_each_missing_field_is_named(name: str) -> None:
    content = rules.Content(**{**GOOD.as_dict(), name: " "})
    assert [e.field for e in rules.check(content)] == [name]


def test_an_unknown_category_and_too_long_a_text_are_named() -> None:
    content = rules.Content(**{**GOOD.as_dict(), "cause": "magic", "lessons": "长" * (rules.LONGEST + 1)})
    assert [e.field for e in rules.check(content)] == ["cause", "lessons"]


@pytest.mark.parametrize(
    ("closed", "days", "working", "due"),
    [
        ("2026-03-03T10:00", 7, False, "2026-03-10"),
        ("2026-03-03T23:59", 1, False, "2026-03-04"),
        ("2026-03-06T10:00", 1, True, "2026-03-09"),  # a Friday
        ("2026-03-03T10:00", 7, True, "2026-03-12"),
        ("2099-03-03T10:00", 7, True, "2099-03-10"),  # no table of working days
    ],
)
def test_a_review_is_due_at_the_end_of_a_day(closed: str, days: int, working: bool, due: str) -> None:
    at = datetime.fromisoformat(closed).replace(tzinfo=ZONE)
    found = rules.due_at(at, days, ZONE, working=working).astimezone(ZONE)
    assert found.isoformat() == f"{due}T23:59:59+08:00"


def test_a_reminder_comes_after_three_quarters_of_the_time() -> None:
    due = START + timedelta(days=8)
    found = [(s.rung, s.due_at) for s in rules.steps("submit", START, due, START)]
    assert found == [("remind", START + timedelta(days=6)), ("due", due)]


@given(TIMES, TIMES, TIMES)
def test_no_reminder_lies_in_the_past_or_after_the_deadline(
    since: datetime, due: datetime, now: datetime
) -> None:
    found = rules.steps("action", since, due, now)
    assert found[-1] == rules.Step("action", "due", due)
    assert all(now < step.due_at < due for step in found[:-1])


def test_every_state_has_a_word_and_every_move_leads_to_a_state() -> None:
    assert {after for _before, after in rules.ACTION_MOVES.values()} <= set(rules.ACTION_LABELS)
    assert {f"action_{kind}" for kind in rules.ACTION_MOVES} <= set(rules.ENTRY_LABELS)
    assert set(rules.FIELD_LABELS) == set(GOOD.as_dict())
