"""When a slot is on time, late or missed, and who counts as reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incidents.broadcasts import rules
from incidents.broadcasts.rules import Receipt

DUE = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)
EDGE = DUE + TOLERANCE
INSTANT = timedelta.resolution


def receipt(accepted: int | None = None, opened: int | None = None) -> Receipt:
    """A recipient reached so many minutes after the slot."""
    at = [None if m is None else DUE + timedelta(minutes=m) for m in (accepted, opened)]
    return Receipt(1, "王科长", "wang@example.test", at[0], at[1], None)


REACHED = [
    ([], None),
    ([receipt()], None),
    ([receipt(accepted=1)], 1),
    ([receipt(opened=2)], 2),
    ([receipt(accepted=4, opened=2)], 2),
    ([receipt(accepted=1), receipt(opened=7)], 7),
    ([receipt(accepted=1), receipt()], None),
]


@pytest.mark.parametrize(("receipts", "minutes"), REACHED)
def test_everybody_is_reached_when_the_last_one_is(receipts: list[Receipt], minutes: int | None) -> None:
    expected = None if minutes is None else DUE + timedelta(minutes=minutes)
    assert rules.reached_at(receipts) == expected


STATES = [
    (DUE, None, "scheduled"),
    (EDGE, None, "scheduled"),
    (EDGE + INSTANT, None, "missed"),
    (EDGE, EDGE, "sent"),
    (DUE + timedelta(days=1), EDGE, "sent"),
    (EDGE + INSTANT, EDGE + INSTANT, "late"),
]


@pytest.mark.parametrize(("now", "reached", "state"), STATES)
def test_a_slot_is_on_time_until_five_minutes_after_it(
    now: datetime, reached: datetime | None, state: str
) -> None:
    assert rules.slot_state(DUE, TOLERANCE, now, reached) == state


@pytest.mark.parametrize(
    ("text", "says"), [(None, False), ({}, False), ({"progress": " \n"}, False), ({"impact": "全市"}, True)]
)
def test_blank_words_are_none(text: dict[str, str] | None, says: bool) -> None:
    assert rules.has_words(text) is says


def test_every_state_has_a_word() -> None:
    assert set(rules.STATE_LABELS) == {"scheduled", "sent", "late", "missed", "closing"}
    assert set(rules.LABELS) == set(rules.FIELDS)
