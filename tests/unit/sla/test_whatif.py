"""What if: the same stories under two versions, counted and listed where they differ."""

from __future__ import annotations

from decimal import Decimal

from sla.whatif import SHOWN, Told, compare
from tests.unit.sla.story import HUAIBEI, Line, at, events, fault, with_options

NOW = at("03-10 09:00")
BOTH_MISSED: list[Line] = [
    ("09:00", "reported", fault()), ("09:31", "responded"), ("14:00", "restored"),
]  # fmt: skip
LATE_ANSWER: list[Line] = [("09:00", "reported", fault()), ("09:28", "responded"), ("10:00", "restored")]
DRILL: list[Line] = [("09:00", "reported", fault(drill=True)), ("14:00", "restored")]
STRICTER = with_options(limit_minutes="26")


def told(*stories: list[Line]) -> list[Told]:
    return [Told(f"F{n}", "公文", HUAIBEI, events(story)) for n, story in enumerate(stories)]


def test_the_same_version_makes_no_difference() -> None:
    found = compare(told(BOTH_MISSED, LATE_ANSWER), HUAIBEI, NOW)
    assert (found.judged, found.differing, found.difference) == (2, 0, Decimal("0.00"))
    assert found.old == found.new


def test_a_stricter_version_misses_what_was_met() -> None:
    found = compare(told(BOTH_MISSED, LATE_ANSWER), STRICTER, NOW)
    [changed] = found.changed
    assert (changed.number, changed.old.response, changed.new.response) == ("F1", "met", "missed")
    assert (found.old.total, found.new.total, found.difference) == (
        Decimal("2300.00"), Decimal("4600.00"), Decimal("2300.00"),
    )  # fmt: skip
    assert (found.old.response["met"], found.new.response["met"]) == (1, 0)


def test_an_option_alone_changes_the_money() -> None:
    found = compare(told(BOTH_MISSED), with_options(penalty_per='"clock"'), NOW)
    assert (found.old.cases, found.new.cases, found.difference) == (1, 1, Decimal("2300.00"))


def test_drills_and_what_has_not_begun_are_left_out() -> None:
    assert compare(told(DRILL), STRICTER, NOW).judged == 0
    assert compare(told(LATE_ANSWER), STRICTER, at("08:00")).judged == 0


def test_every_case_is_counted_though_not_every_one_is_kept() -> None:
    found = compare(told(*[LATE_ANSWER] * (SHOWN + 7)), STRICTER, NOW)
    assert (found.differing, len(found.changed)) == (SHOWN + 7, SHOWN)
