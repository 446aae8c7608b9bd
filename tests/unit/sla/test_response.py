"""The response clock (第十五条): who stops it, when, and until when."""

from __future__ import annotations

import pytest

from tests.unit.sla.story import Line, at, fault, judged

START: Line = ("09:00", "reported", fault())


@pytest.mark.parametrize("kind", ["progress", "restored", "note", "restoration_accepted", "closed"])
def test_only_a_response_stops_the_clock(kind: str) -> None:
    assert judged([START, ("09:05", kind)], "09:31").response.state == "missed"


def test_an_automatic_acknowledgement_never_stops_the_clock() -> None:
    story: list[Line] = [START, ("09:01", "responded", {"automatic": True}), ("09:20", "responded")]
    assert judged(story).response.ended_at == at("09:20")


def test_a_response_after_restoration_counts_until_closed() -> None:
    assert judged([START, ("09:05", "restored"), ("09:20", "responded")]).response.state == "met"
    story: list[Line] = [START, ("09:05", "restored"), ("09:10", "closed"), ("09:20", "responded")]
    assert judged(story, "09:30").response.state == "pending"
    assert judged(story, "09:30:01").response.state == "missed"


def test_a_response_counts_again_once_a_closed_incident_is_reopened() -> None:
    story: list[Line] = [
        START,
        ("09:05", "restored"),
        ("09:06", "closed"),
        ("09:10", "restoration_rejected"),
        ("09:20", "responded"),
    ]
    assert judged(story).response.state == "met"


@pytest.mark.parametrize(("as_of", "state"), [("09:30", "pending"), ("09:30:01", "missed")])
def test_an_unanswered_clock_is_missed_the_first_instant_after_it(as_of: str, state: str) -> None:
    assert judged([START], as_of).response.state == state


def test_the_first_response_decides() -> None:
    story: list[Line] = [START, ("09:29", "responded"), ("09:40", "responded")]
    assert judged(story).response.state == "met"


def test_a_response_before_the_start_is_read_as_at_the_start_and_counted_as_a_fault() -> None:
    verdict = judged([("08:55", "responded"), START])
    assert (verdict.response.ended_at, verdict.response.state) == (at("09:00"), "met")
    assert verdict.data_faults == 1


def test_exclusions_never_touch_the_response() -> None:
    from tests.unit.sla.story import claim

    story: list[Line] = [
        START,
        ("09:01", "exclusion_claimed", claim("a", "09:00", "12:00")),
        ("09:02", "exclusion_approved", {"claim": "a"}),
    ]
    assert judged(story, "09:31").response.state == "missed"


def test_counted_seconds_run_to_the_response_or_to_now() -> None:
    assert judged([START], "09:07").response.counted_seconds == 420
    assert judged([START, ("09:05", "responded")], "10:00").response.counted_seconds == 300
