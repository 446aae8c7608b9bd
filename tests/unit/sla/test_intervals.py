"""Stretches of time against counting minutes one by one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.intervals import FOREVER, Span, measured, united, used_up, without

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
minutes = st.integers(0, 60)
pairs = st.lists(st.tuples(minutes, minutes), max_size=6)


def spans(told: list[tuple[int, int]]) -> list[Span]:
    return [(EPOCH + timedelta(minutes=start), EPOCH + timedelta(minutes=end)) for start, end in told]


def seen(told: list[tuple[int, int]]) -> set[int]:
    return {minute for start, end in told for minute in range(start, end)}


@given(pairs)
def test_united_spans_are_apart_in_order_and_cover_the_same(told: list[tuple[int, int]]) -> None:
    found = united(spans(told))
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
    assert measured(found, []) == timedelta(minutes=len(seen(told)))


@given(pairs, pairs)
def test_what_is_measured_is_what_no_hole_takes(
    told: list[tuple[int, int]], holes: list[tuple[int, int]]
) -> None:
    left = measured(united(spans(told)), united(spans(holes)))
    assert left == timedelta(minutes=len(seen(told) - seen(holes)))


@given(pairs.filter(lambda told: any(start < end for start, end in told)), pairs, st.integers(0, 90))
def test_a_limit_is_used_up_where_counting_on_would_pass_it(
    told: list[tuple[int, int]], holes: list[tuple[int, int]], limit: int
) -> None:
    down, taken = united(spans(told)), united(spans(holes))
    due = used_up(down, taken, timedelta(minutes=limit))
    endless = [*down[:-1], (down[-1][0], FOREVER)]
    clipped = [(start, min(end, due)) for start, end in endless if start < due]
    assert measured(clipped, taken) == timedelta(minutes=limit)
    assert any(start <= due < end for start, end in endless)
    assert not any(start <= due < end for start, end in taken)


def test_a_hole_outside_takes_nothing() -> None:
    [span, before, after] = spans([(10, 20), (0, 10), (20, 30)])
    assert list(without(span, [before, after])) == [span]


def test_an_exclusion_for_ever_leaves_no_due_time() -> None:
    with pytest.raises(ValueError, match="for ever"):
        used_up([(EPOCH, EPOCH)], [(EPOCH, FOREVER)], timedelta(hours=1))
