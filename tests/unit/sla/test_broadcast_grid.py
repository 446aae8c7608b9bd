"""The half-hourly grid (第十六条): from when an incident is major, and which slots are owed."""

from __future__ import annotations

import pytest

from sla.grid import slot_due, slots_between
from tests.unit.sla.story import HUAIBEI, Line, at, fault, judged, with_options

START: Line = ("10:00", "reported", fault())
ANSWERED: Line = ("10:05", "responded")
MODULES = list(HUAIBEI.modules)


def grids(*story: Line, as_of: str | None = None) -> tuple[str | None, int]:
    """When the incident became major (clock time in Shanghai) and the slots owed."""
    verdict = judged(story, as_of)
    major = verdict.major_since
    return major and f"{major.astimezone(HUAIBEI.zone):%H:%M}", verdict.slots


@pytest.mark.parametrize(
    ("modules", "payers", "major"),
    [
        (MODULES[:1], ["city"], None),
        (MODULES[:8], ["city"], None),
        (MODULES[:9], ["city"], "10:00"),
        (MODULES[:1], ["city", "suixi"], "10:00"),
        ([], ["甲", "乙"], "10:00"),
        (MODULES[:1], ["city", "city"], None),
    ],
)
def test_two_payers_or_half_of_the_modules_are_wide(
    modules: list[str], payers: list[str], major: str | None
) -> None:
    story: Line = ("10:00", "reported", fault(modules=modules, payers=payers))
    assert grids(story, as_of="10:59:59")[0] == major


def test_reports_unite_their_scopes() -> None:
    assert grids(START, ("10:20", "detected", fault(payers=["duji"])), as_of="10:30") == ("10:20", 1)


def test_a_changed_scope_replaces_and_makes_major_when_it_is_wide() -> None:
    wider: Line = ("10:40", "scope_changed", {"modules": [], "payers": ["city", "duji"]})
    other: Line = ("10:40", "scope_changed", {"modules": [], "payers": ["duji"]})
    assert grids(START, wider)[0] == "10:40"
    assert grids(START, other)[0] is None


def test_once_major_major_until_restored() -> None:
    narrow: Line = ("10:10", "scope_changed", {"modules": [], "payers": ["city"]})
    assert grids(("10:00", "reported", fault(payers=["city", "duji"])), narrow, as_of="11:00") == ("10:00", 3)


@pytest.mark.parametrize("decided", [(), (("10:45", "class_countersigned"),), (("10:45", "class_refused"),)])
def test_a_claimed_major_class_starts_the_grid_whatever_is_decided(decided: tuple[Line, ...]) -> None:
    change: Line = ("10:40", "class_changed", {"fault_class": "system_major"})
    assert grids(START, change, *decided, as_of="10:50")[0] == "10:40"


@pytest.mark.parametrize(
    ("as_of", "expected"), [("10:59:59", (None, 0)), ("11:00", ("11:00", 1)), ("11:30", ("11:00", 2))]
)
def test_an_open_outage_is_long_from_the_hour_on(as_of: str, expected: tuple[str | None, int]) -> None:
    assert grids(START, as_of=as_of) == expected


@pytest.mark.parametrize(("end", "expected"), [("11:00", (None, 0)), ("11:00:01", ("11:00", 1))])
def test_an_outage_restored_exactly_at_the_hour_is_not_long(
    end: str, expected: tuple[str | None, int]
) -> None:
    assert grids(START, (end, "restored")) == expected


def test_a_slot_exactly_on_the_restoration_is_not_owed() -> None:
    declared: Line = ("10:00", "major_declared")
    assert grids(START, declared, ("10:30", "restored"))[1] == 1
    assert grids(START, declared, ("10:30:01", "restored"))[1] == 2


def test_a_late_declaration_does_not_move_a_grid_that_already_runs() -> None:
    assert grids(START, ("11:10", "major_declared"), as_of="11:15") == ("11:00", 1)


AGAIN: Line = ("12:00", "restoration_rejected")


def test_a_reopening_of_a_declared_fault_begins_a_new_grid_at_once() -> None:
    story: tuple[Line, ...] = (START, ("10:10", "major_declared"), ("10:50", "restored"), AGAIN)
    verdict = judged(story, "12:00")
    assert [start for start, _ in verdict.grids] == [at("10:10"), at("12:00")]
    assert verdict.slots == 3


def test_a_reopening_that_is_major_only_by_length_waits_an_hour() -> None:
    story: tuple[Line, ...] = (START, ("11:20", "restored"), AGAIN)
    assert grids(*story, as_of="12:59") == ("11:00", 1)
    assert grids(*story, as_of="13:00") == ("11:00", 2)


def test_a_reopening_with_a_wide_scope_is_major_at_once() -> None:
    wide: Line = ("11:00", "scope_changed", {"modules": [], "payers": ["city", "duji"]})
    assert grids(START, ("10:10", "restored"), wide, AGAIN, as_of="12:00") == ("12:00", 1)


def test_a_class_refused_before_the_reopening_no_longer_counts() -> None:
    change: Line = ("11:00", "class_changed", {"fault_class": "system_major"})
    story: tuple[Line, ...] = (START, ("10:10", "restored"), change)
    assert grids(*story, AGAIN, as_of="12:00")[0] == "12:00"
    assert grids(*story, ("11:30", "class_refused"), AGAIN, as_of="12:00")[0] is None


def test_slots_never_drift_and_are_listed_between_two_times() -> None:
    assert slot_due(HUAIBEI, at("10:00"), 3) == at("11:30")
    found = list(slots_between(HUAIBEI, at("10:00"), at("10:30"), at("11:30")))
    assert found == [(1, at("10:30")), (2, at("11:00"))]
    assert list(slots_between(HUAIBEI, at("10:00"), at("09:00"), at("10:00"))) == []


def sent(clock: str, due: str, **more: object) -> Line:
    from tests.unit.sla.story import iso

    return (clock, "broadcast_sent", {"slot": 0, "grid": 0, "due_at": iso(due), **more})


PENALISED = with_options(broadcast_penalised="true")
DECLARED: list[Line] = [START, ANSWERED, ("10:00", "major_declared"), ("10:20", "restored")]


@pytest.mark.parametrize(
    ("line", "as_of", "missed"),
    [
        (None, "10:05", 0),
        (None, "10:20", 1),
        (sent("10:05", "10:00"), "10:20", 0),
        (sent("10:05:01", "10:00"), "10:20", 1),
        (sent("10:02", "10:00", closing=True), "10:20", 1),
        (sent("10:02", "10:01"), "10:20", 1),
    ],
)
def test_a_slot_is_missed_without_a_broadcast_within_the_tolerance(
    line: Line | None, as_of: str, missed: int
) -> None:
    story = [*DECLARED, line] if line else DECLARED
    assert judged(story, as_of).slots_missed == missed


def test_when_the_last_recipient_was_reached_decides() -> None:
    from tests.unit.sla.story import iso

    assert judged([*DECLARED, sent("10:02", "10:00", reached_at=iso("10:06"))]).slots_missed == 1


def test_a_missed_slot_costs_only_by_option_and_once() -> None:
    story: list[Line] = [*DECLARED[:-1], ("11:20", "restored")]
    assert judged(story).penalty_cases == 0
    assert judged(story, contract=PENALISED).slots_missed == 3
    assert judged(story, contract=PENALISED).penalty_cases == 1
    by_clock = with_options(broadcast_penalised="true", penalty_per='"clock"')
    assert judged([*story, ("13:00", "note")], contract=by_clock).penalty_cases == 1
