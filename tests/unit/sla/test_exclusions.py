"""What is subtracted from the repair clock, in whose view (contract.md §2.6)."""

from __future__ import annotations

import pytest

from tests.unit.sla.story import Line, at, claim, fault, judged

START: Line = ("09:00", "reported", fault())
HOUR = 3600


def claimed(name: str, start: str, end: str | None = None, clock: str = "09:30") -> Line:
    return (clock, "exclusion_claimed", claim(name, start, end))


def approved(name: str, clock: str = "09:40") -> Line:
    return (clock, "exclusion_approved", {"claim": name})


def refused(name: str, clock: str = "09:40") -> Line:
    return (clock, "exclusion_refused", {"claim": name})


def counted(*rest: Line, as_of: str = "14:00") -> tuple[int, int]:
    """Whole hours counted in the contract's and in the provider's view."""
    verdict = judged([START, *rest], as_of)
    return verdict.repair.counted_seconds // HOUR, verdict.provider_repair.counted_seconds // HOUR


def test_a_claim_changes_only_the_providers_view() -> None:
    assert counted(claimed("a", "10:00", "12:00")) == (5, 3)


def test_an_approved_claim_changes_both_views() -> None:
    assert counted(claimed("a", "10:00", "12:00"), approved("a")) == (3, 3)


def test_a_refused_claim_changes_none() -> None:
    assert counted(claimed("a", "10:00", "12:00"), refused("a")) == (5, 5)


def test_the_latest_decision_on_a_claim_wins() -> None:
    story = (claimed("a", "10:00", "12:00"), approved("a"), refused("a", "09:50"))
    assert counted(*story) == (5, 5)
    assert counted(*story, approved("a", "10:00")) == (3, 3)


def test_lines_of_one_time_may_come_in_any_order() -> None:
    assert counted(approved("a", "09:30"), claimed("a", "10:00", "12:00")) == (3, 3)


def test_an_approval_of_a_claim_nobody_made_is_nothing() -> None:
    assert counted(approved("ghost")) == (5, 5)


def test_overlapping_exclusions_count_once() -> None:
    story = (claimed("a", "10:00", "12:00"), claimed("b", "11:00", "13:00"), approved("a"), approved("b"))
    assert counted(*story) == (2, 2)


def test_an_exclusion_is_clipped_to_the_outages() -> None:
    story = (claimed("a", "08:00", "15:00"), approved("a"), ("10:00", "restored"), ("12:00", "reopened"))
    assert counted(*story) == (0, 0)
    outside = (claimed("a", "10:00", "12:00"), approved("a"), ("10:00", "restored"), ("12:00", "reopened"))
    assert counted(*outside) == (3, 3)


def test_a_running_exclusion_lasts_until_now() -> None:
    story = (claimed("a", "10:00"), approved("a"))
    assert counted(*story, as_of="11:00") == counted(*story, as_of="14:00") == (1, 1)


def test_the_due_time_moves_by_what_is_excluded() -> None:
    verdict = judged([START, claimed("a", "10:00", "12:00"), approved("a")])
    assert verdict.repair.due_at == at("15:00")


def test_a_limit_reached_just_as_an_exclusion_begins_is_due_at_its_end() -> None:
    verdict = judged([START, claimed("a", "13:00", "15:00"), approved("a")], "15:00")
    assert (verdict.repair.due_at, verdict.repair.state) == (at("15:00"), "pending")


def test_an_approval_does_not_grow_with_a_later_claim_line() -> None:
    wider = claimed("a", "10:00", "13:00", clock="09:50")
    assert counted(claimed("a", "10:00", "11:00"), approved("a"), wider) == (4, 2)


def test_an_approved_stretch_shrinks_with_a_later_claim_line() -> None:
    ended = claimed("a", "10:00", "11:00", clock="11:00")
    assert counted(claimed("a", "10:00"), approved("a"), ended) == (4, 4)


def test_the_state_of_each_claim_is_kept() -> None:
    story = [START, claimed("a", "10:00"), claimed("b", "11:00"), claimed("c", "12:00")]
    verdict = judged([*story, approved("a"), refused("b")])
    assert {each.claim: each.state for each in verdict.exclusions} == {
        "a": "approved",
        "b": "refused",
        "c": "claimed",
    }


@pytest.mark.parametrize("reason", ["force_majeure", "customer"])
def test_both_reasons_count_alike(reason: str) -> None:
    line: Line = ("09:30", "exclusion_claimed", claim("a", "10:00", "12:00", reason))
    assert counted(line, approved("a")) == (3, 3)


def test_an_approval_covers_every_claim_line_of_its_own_time() -> None:
    amended = claimed("a", "10:00", "13:00", clock="09:40")
    assert counted(claimed("a", "10:00", "11:00"), approved("a"), amended) == (2, 2)
