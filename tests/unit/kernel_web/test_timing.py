from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.web.timing import phase, reading, weekday

START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
DUE = START + timedelta(minutes=40)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("minutes", "key"),
    [(-5, "ok"), (0, "ok"), (29.99, "ok"), (30, "near"), (39.99, "near"), (40, "over"), (99, "over")],
)
def test_phases_turn_at_three_quarters_and_at_the_due_time(minutes: float, key: str) -> None:
    assert reading(DUE, START, now=at(minutes)).phase.key == key


def test_share_stays_between_nothing_and_all() -> None:
    assert [reading(DUE, START, now=at(m)).share for m in (-10, 0, 10, 40, 80)] == [0.0, 0.0, 0.25, 1.0, 1.0]


def test_left_turns_negative() -> None:
    late = reading(DUE, START, now=at(52))
    assert (late.left, late.over) == (timedelta(minutes=-12), True)


def test_a_settled_clock_is_read_at_its_end() -> None:
    met = reading(DUE, START, "met", ended=at(25), now=at(500))
    assert (met.phase.key, met.left, met.phase.live) == ("met", timedelta(minutes=15), False)


def test_without_now_the_pages_moment_is_used() -> None:
    assert reading(DUE, START).left == timedelta(minutes=10)


def test_a_clock_of_no_length_is_over() -> None:
    assert reading(START, START, now=START).share == 1.0


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="one of running"):
        reading(DUE, START, "lost")


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        reading(datetime(2025, 3, 3), START)  # noqa: DTZ001


def test_words() -> None:
    assert str(phase("unobserved").word) == "未观测"
    assert [weekday(i) for i in (0, 6)] == ["一", "日"]
