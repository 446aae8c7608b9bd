"""Backup duty, blind time, false alarms, merges and drills."""

from __future__ import annotations

import pytest

from sla.fold import NotStartedError
from sla.verdict import judge
from tests.unit.sla.story import HUAIBEI, Line, at, events, fault, judged, with_options

START: Line = ("09:00", "reported", fault())
HARDWARE: Line = ("09:00", "reported", fault("hardware"))


@pytest.mark.parametrize(("as_of", "owed"), [("03-04 05:00", None), ("03-04 05:00:01", "open")])
def test_backup_is_owed_once_the_limit_is_passed(as_of: str, owed: str | None) -> None:
    backup = judged([HARDWARE], as_of).backup_obligation
    assert (backup and backup.state) == owed


@pytest.mark.parametrize("kind", ["backup_in_service", "restored"])
def test_backup_or_repair_after_the_limit_is_late(kind: str) -> None:
    backup = judged([HARDWARE, ("03-04 06:00", kind)]).backup_obligation
    assert backup is not None
    assert (backup.due_at, backup.state) == (at("03-04 05:00"), "late")


def test_late_backup_stays_late_when_the_fault_returns() -> None:
    backup = judged([HARDWARE, ("03-04 06:00", "restored"), ("03-04 07:00", "reopened")]).backup_obligation
    assert backup is not None
    assert backup.state == "late"


def test_no_other_class_owes_backup() -> None:
    assert judged([START], "03-05 09:00").backup_obligation is None


def test_a_class_without_backup_in_force_owes_none_though_hardware_is_claimed() -> None:
    change: Line = ("10:00", "class_changed", {"fault_class": "hardware"})
    assert judged([START, change], "03-05 09:00").backup_obligation is None


BLIND: list[Line] = [START, ("09:25", "blind_from"), ("09:40", "blind_to")]


def test_a_limit_that_fell_due_in_blind_time_is_unobserved() -> None:
    assert judged(BLIND, "09:30").response.state == "pending"
    assert judged(BLIND, "10:00").response.state == "unobserved"
    assert judged(BLIND, "10:00").penalty_cases == 0


def test_blind_time_that_still_runs_counts_too() -> None:
    assert judged([START, ("09:25", "blind_from")], "09:50").response.state == "unobserved"


@pytest.mark.parametrize(
    ("line", "state"),
    [(("09:28", "responded"), "met"), (("09:45", "responded"), "missed"), (("09:45", "closed"), "missed")],
)
def test_an_unobserved_clock_is_judged_once_event_times_are_known(line: Line, state: str) -> None:
    assert judged([*BLIND, line], "10:00").response.state == state


def test_blind_time_elsewhere_excuses_nothing() -> None:
    story: list[Line] = [START, ("09:31", "blind_from"), ("09:40", "blind_to")]
    assert judged(story, "10:00").response.state == "missed"


def test_blind_time_before_the_start_is_no_data_fault() -> None:
    story: list[Line] = [("08:00", "blind_from"), START, ("09:40", "blind_to")]
    verdict = judged(story, "10:00")
    assert (verdict.data_faults, verdict.response.state) == (0, "unobserved")


def test_a_repair_limit_in_blind_time_is_unobserved_until_restored() -> None:
    story: list[Line] = [START, ("09:10", "responded"), ("12:50", "blind_from"), ("13:10", "blind_to")]
    assert judged(story, "14:00").repair.state == "unobserved"
    assert judged([*story, ("14:00", "restored")]).repair.state == "missed"


@pytest.mark.parametrize(
    ("claimed", "agreed", "reason"),
    [
        ("false_alarm_claimed", "false_alarm_agreed", "false_alarm"),
        ("merged_into", "merge_agreed", "merged"),
    ],
)
def test_only_agreement_takes_an_incident_out(claimed: str, agreed: str, reason: str) -> None:
    merely = judged([START, ("09:10", claimed)], "14:00")
    assert (merely.response.state, merely.excluded) == ("missed", None)
    out = judged([START, ("09:10", claimed), ("12:00", agreed)], "14:00")
    assert (out.response.state, out.repair.state, out.excluded) == ("excluded", "excluded", reason)
    assert (out.penalty_cases, out.slots) == (0, 4)


def test_nothing_reopens_what_was_agreed_to_be_none() -> None:
    story: list[Line] = [START, ("09:10", "false_alarm_agreed"), ("10:00", "restoration_rejected")]
    assert not judged(story).down


def test_a_drill_is_judged_and_never_costs() -> None:
    verdict = judged([("09:00", "reported", fault(drill=True))], "14:00")
    assert (verdict.response.state, verdict.repair.state) == ("missed", "missed")
    assert (verdict.drill, verdict.penalty_cases, str(verdict.penalty)) == (True, 0, "0.00")


@pytest.mark.parametrize("story", [[], [("09:00", "note")], [("09:00", "reported", fault())]])
def test_nothing_is_judged_before_a_report(story: list[Line]) -> None:
    with pytest.raises(NotStartedError):
        judge(HUAIBEI, events(story), at("08:00"))


@pytest.mark.parametrize(
    ("story", "reading"),
    [
        ([START, ("09:10", "detected", fault())], "clock_start"),
        ([START, ("09:10", "responded", {"automatic": True})], "human_response"),
        ([START, ("09:30", "responded")], "boundary"),
        ([START, ("09:40", "restored"), ("09:50", "reopened")], "reopening"),
        ([HARDWARE], "backup_duty"),
        ([START, ("09:10", "class_changed", {"fault_class": "hardware"})], "class_change"),
        ([START, ("09:10", "major_declared")], "broadcast_grid"),
        ([START, ("09:31", "responded")], "penalty_case"),
        ([("09:00", "reported", fault(drill=True))], "drill"),
        (BLIND, "blind_time"),
    ],
)
def test_a_verdict_names_the_readings_that_influenced_it(story: list[Line], reading: str) -> None:
    assert reading in judged(story).readings
    assert reading not in judged([START, ("09:10", "responded"), ("09:20", "restored")]).readings


@pytest.mark.parametrize("edges", [("09:25", "09:30"), ("09:30", "09:40")])
def test_blind_time_includes_its_edges(edges: tuple[str, str]) -> None:
    story: list[Line] = [START, (edges[0], "blind_from"), (edges[1], "blind_to")]
    assert judged(story, "10:00").response.state == "unobserved"


def test_an_excluded_incident_costs_nothing_for_missed_broadcasts_either() -> None:
    story: list[Line] = [START, ("09:00", "major_declared"), ("12:00", "false_alarm_agreed")]
    verdict = judged(story, "13:00", with_options(broadcast_penalised="true"))
    assert (verdict.slots_missed > 0, verdict.penalty_cases) == (True, 0)
