"""Which class is in force: longer limits only countersigned, shorter ones at once (contract.md §2.7)."""

from __future__ import annotations

import pytest

from sla.contract_file import parse_contract
from tests.unit.sla.story import HUAIBEI, Line, fault, judged


def change(clock: str, fault_class: str) -> Line:
    return (clock, "class_changed", {"fault_class": fault_class})


def both(first: str, *rest: Line) -> tuple[str, str]:
    """The class in force and the class the provider claims."""
    verdict = judged([("09:00", "reported", fault(first)), *rest], "20:00")
    return verdict.fault_class, verdict.claimed_class


AGREED: Line = ("12:00", "class_countersigned")
REFUSED: Line = ("12:00", "class_refused")


def test_a_longer_limit_waits_for_the_countersignature() -> None:
    longer = change("10:00", "hardware")
    assert both("system_general", longer) == ("system_general", "hardware")
    assert both("system_general", longer, AGREED) == ("hardware", "hardware")


def test_a_shorter_or_equal_limit_counts_at_once() -> None:
    assert both("hardware", change("10:00", "line_general")) == ("line_general", "line_general")


def test_a_refused_change_vanishes_from_both_views() -> None:
    assert both("system_general", change("10:00", "hardware"), REFUSED) == ("system_general",) * 2


def test_a_decision_is_on_the_latest_undecided_change() -> None:
    story = (change("10:00", "line_general"), change("11:00", "hardware"), REFUSED)
    assert both("system_general", *story) == ("system_general", "line_general")
    assert both("system_general", *story, ("13:00", "class_countersigned")) == ("line_general",) * 2


def test_a_decision_with_nothing_to_decide_is_nothing() -> None:
    assert both("system_general", AGREED, REFUSED) == ("system_general",) * 2


@pytest.mark.parametrize("kinds", [("detected", "reported"), ("reported", "detected")])
def test_a_second_report_of_another_class_is_a_change(kinds: tuple[str, str]) -> None:
    verdict = judged([("09:00", kinds[0], fault()), ("09:05", kinds[1], fault("hardware"))])
    assert (verdict.fault_class, verdict.claimed_class) == ("system_general", "hardware")


def test_a_second_report_of_the_same_class_is_none() -> None:
    story: list[Line] = [
        ("09:00", "detected", fault()),
        change("09:01", "hardware"),
        ("09:05", "reported", fault()),
    ]
    assert judged(story).claimed_class == "hardware"


def test_the_limit_in_force_applies_from_the_original_start() -> None:
    verdict = judged([("09:00", "reported", fault("hardware")), change("14:00", "system_general")], "14:00")
    assert verdict.repair.state == "missed"


def test_an_equal_limit_counts_at_once() -> None:
    text = HUAIBEI.text.replace("limit_hours = 6", "limit_hours = 4")
    same = parse_contract(text, "same.toml")
    story: list[Line] = [("09:00", "reported", fault()), change("10:00", "line_general")]
    assert judged(story, contract=same).fault_class == "line_general"
