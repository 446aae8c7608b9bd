"""What samples prove: outages, recovery times, criteria."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.measure import Outage, Sample, failing_for, judge, lost_rows, outage, passed, rto_of, steady


def samples(pattern: str, every: float = 1.0) -> list[Sample]:
    """Return a sample a second: + is good, - is bad."""
    return [Sample(n * every, mark == "+") for n, mark in enumerate(pattern)]


@pytest.mark.parametrize(
    ("pattern", "since", "need", "found"),
    [
        ("+++++", 1, 2, None),
        ("+++--++", 2, 2, Outage(2, 5)),
        ("+++--+-++", 2, 2, Outage(2, 7)),
        ("+++--+-+", 2, 2, Outage(2, None)),
        ("--++--++", 3.5, 2, Outage(3.5, 6)),
        ("-+--++", 0, 1, Outage(0, 1)),
        ("---", 0, 1, Outage(0, None)),
        ("", 0, 1, None),
    ],
)
def test_an_outage_lasts_from_the_last_good_answer_to_the_first_of_enough(
    pattern: str, since: float, need: int, found: Outage | None
) -> None:
    assert outage(samples(pattern), since, need) == found


@given(st.text("+-", max_size=40), st.integers(1, 4))
def test_an_outage_never_ends_before_it_begins_and_more_answers_never_undo_it(
    pattern: str, need: int
) -> None:
    found = outage(samples(pattern), 0, need)
    if found and found.ended is not None:
        assert found.began <= found.ended
        assert outage(samples(pattern + "-+-"), 0, need) == found


def test_a_drill_recovers_when_the_last_service_does() -> None:
    assert rto_of([Outage(2, 5), None, Outage(3, 9)]) == 7
    assert rto_of([Outage(2, 5), Outage(3, None)]) is None
    assert rto_of([None, None]) == 0


def test_steady_means_enough_good_answers_in_a_row() -> None:
    assert steady(samples("-+++"), 3)
    assert not steady(samples("+++-"), 1)
    assert not steady(samples("++"), 3)
    assert failing_for(samples("++--"), 4.0) == 2.0
    assert failing_for(samples("+-+"), 4.0) == 0.0


def test_what_was_not_measured_counts_as_not_met() -> None:
    found = judge(
        rto=None, rto_limit=60, lost_rows=None, rpo_limit=0, must={"page": True}, steps={"ack": (60, None)}
    )
    assert {c.key: c.met for c in found} == {
        "rto": False, "rpo": False, "probe:page": True, "step:ack": False,
    }  # fmt: skip
    assert not passed(found)


def test_a_limit_is_kept_up_to_its_last_moment() -> None:
    found = judge(rto=60.0, rto_limit=60, lost_rows=0, rpo_limit=0, must={}, steps={"ack": (60, 60.0)})
    assert passed(found)


@pytest.mark.parametrize(
    ("measured", "lost"),
    [
        ({}, None),
        ({"rows_lost": "3"}, 3),
        ({"lost_rows": 0}, 0),
        ({"rows_before": 10, "rows_after": "8"}, 2),
        ({"rows_before": 10, "rows_after": 12}, 0),
        ({"rows_after": 12}, None),
    ],
)
def test_lost_rows_are_said_or_counted_before_and_after(
    measured: dict[str, object], lost: int | None
) -> None:
    assert lost_rows(measured) == lost
