"""Restoration, rejection and reopening: what counts as down (contract.md §2.4)."""

from __future__ import annotations

import pytest

from tests.unit.sla.story import Line, at, fault, judged

START: Line = ("09:00", "reported", fault())


def test_the_outages_are_kept_with_their_ends() -> None:
    verdict = judged([START, ("10:00", "restored"), ("11:00", "reopened")], "12:00")
    assert verdict.outages == ((at("09:00"), at("10:00")), (at("11:00"), None))
    assert verdict.down
    assert verdict.restored_at is None


def test_a_second_restoration_changes_nothing() -> None:
    verdict = judged([START, ("10:00", "restored"), ("11:00", "restored")])
    assert (verdict.restored_at, verdict.repair.counted_seconds) == (at("10:00"), 3600)


def test_a_repaired_device_stops_no_clock() -> None:
    assert judged([START, ("10:00", "device_repaired")]).down


@pytest.mark.parametrize(
    ("again", "down", "faults"), [("03-04 10:00", True, 0), ("03-04 10:00:01", False, 1)]
)
def test_a_fault_that_returns_reopens_only_within_the_window(again: str, down: bool, faults: int) -> None:
    verdict = judged([START, ("10:00", "restored"), (again, "reopened")])
    assert (verdict.down, verdict.data_faults) == (down, faults)


def test_a_rejection_reopens_however_late() -> None:
    assert judged([START, ("10:00", "restored"), ("03-09 10:00", "restoration_rejected")]).down


def test_reopening_an_open_incident_changes_nothing() -> None:
    verdict = judged([START, ("10:00", "reopened"), ("10:30", "restoration_rejected")])
    assert verdict.outages == ((at("09:00"), None),)
    assert verdict.data_faults == 0


def test_backup_in_service_restores_whatever_the_class() -> None:
    assert judged([START, ("10:00", "backup_in_service")]).restored_at == at("10:00")


def test_the_due_time_moves_on_by_the_time_service_was_up() -> None:
    story: list[Line] = [START, ("10:00", "restored"), ("15:00", "reopened")]
    assert judged(story, "15:00").repair.due_at == at("18:00")


def test_a_restored_incident_keeps_the_due_time_it_had() -> None:
    assert judged([START, ("10:00", "restored")]).repair.due_at == at("13:00")


def test_an_open_clock_past_its_limit_is_missed_before_anything_is_restored() -> None:
    assert judged([START], "13:00").repair.state == "pending"
    assert judged([START], "13:00:01").repair.state == "missed"


def test_later_events_are_as_if_they_had_not_happened() -> None:
    story: list[Line] = [START, ("10:00", "restored")]
    assert judged(story, "09:59:59").down


def test_closing_is_not_restoring() -> None:
    assert judged([START, ("10:00", "closed")]).down


def test_fractions_of_a_second_are_judged_but_not_counted() -> None:
    verdict = judged([START, ("13:00:00.5", "restored")])
    assert (verdict.repair.state, verdict.repair.counted_seconds) == ("missed", 4 * 3600)
