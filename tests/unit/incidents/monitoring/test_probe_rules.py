"""Thresholds, flapping, due times, maintenance and availability: tables of cases and properties."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.monitoring import rules
from incidents.monitoring.rules import DOWN, MAINTENANCE, UNKNOWN, UP, Limits, Standing

T0 = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
TEN = timedelta(seconds=10)
USUAL = Limits(3, 2)


def play(
    results: str, limits: Limits = USUAL, step: timedelta = TEN, first: Standing | None = None
) -> list[str]:
    """Let results come in (`+` ok, `-` failed); returns the states after each."""
    standing, states = first or Standing(), []
    for place, sign in enumerate(results):
        standing = rules.advance(standing, limits, T0 + place * step, ok=sign == "+")
        states.append(standing.state)
    return states


@pytest.mark.parametrize(
    ("results", "last"),
    [
        ("+", UP),
        ("-", UNKNOWN),
        ("--", UNKNOWN),
        ("---", DOWN),
        ("+--", UP),
        ("+---", DOWN),
        ("+--+--", UP),
        ("+---+", DOWN),
        ("+---++", UP),
        ("+---+-++", UP),
    ],
)
def test_as_many_in_a_row_as_the_limits_say_change_the_state(results: str, last: str) -> None:
    assert play(results)[-1] == last


def test_an_outage_is_reckoned_from_the_first_failure_to_the_first_success() -> None:
    standing = Standing(UP, T0)
    for place, ok in enumerate([False, False, False, True, True]):
        standing = rules.advance(standing, Limits(3, 2), T0 + place * TEN, ok=ok)
        if standing.state == DOWN and standing.streak == 0:
            assert standing.since == T0
    assert standing == Standing(UP, T0 + 3 * TEN, flaps=1)


def test_a_target_that_flips_every_ten_seconds_goes_down_twice_not_ten_times() -> None:
    states = play("+-" * 30, Limits(1, 1))
    downs = sum(1 for a, b in pairwise(states) if (a, b) == (UP, DOWN))
    assert downs <= 2


def test_one_that_flapped_is_believed_again_after_it_has_held() -> None:
    flapping = Standing(DOWN, T0, flaps=2)
    assert play("+++", Limits(1, 1), first=flapping)[-1] == DOWN
    assert play("++++", Limits(1, 1), first=flapping)[-1] == UP


def test_flaps_are_forgotten_when_it_was_calm_for_long() -> None:
    calm = Standing(UP, T0 - timedelta(hours=1), flaps=3)
    assert rules.advance(calm, Limits(1, 1), T0, ok=False).flaps == 0
    lively = Standing(UP, T0 - timedelta(minutes=1), flaps=4)
    assert rules.advance(lively, Limits(1, 1), T0, ok=False).flaps == rules.MOST_FLAPS


def test_after_maintenance_nothing_is_known_until_the_first_success() -> None:
    assert play("-", first=Standing(MAINTENANCE, T0)) == [UNKNOWN]
    assert play("+", first=Standing(MAINTENANCE, T0)) == [UP]


@given(st.text("+-", max_size=200), st.integers(1, 5), st.integers(1, 5))
def test_a_state_never_changes_on_fewer_results_than_its_limit(
    results: str, failures: int, recoveries: int
) -> None:
    states = play(results, Limits(failures, recoveries))
    for place in range(1, len(states)):
        before, after = states[place - 1], states[place]
        if (before, after) == (UP, DOWN):
            assert results[: place + 1].endswith("-" * failures)
        if (before, after) == (DOWN, UP):
            assert results[: place + 1].endswith("+" * recoveries)


@given(st.text("abcdef-", min_size=1), st.integers(5, 3600), st.floats(0, 4e9))
def test_due_times_lie_on_one_grid_within_the_next_interval(key: str, interval: int, after: float) -> None:
    due = rules.next_due(key, interval, after)
    assert after < due + 1e-3
    assert due - after <= interval + 1e-3
    assert rules.next_due(key, interval, due + 0.001) == pytest.approx(due + interval)


def test_a_thousand_probes_are_spread_evenly() -> None:
    due = [int(rules.next_due(f"probe-{i}", 30, 0.0)) % 30 for i in range(1000)]
    assert max(due.count(second) for second in range(30)) < 70
    assert all(0 <= rules.first_due(f"probe-{i}", 3600, 0.0) < 30 for i in range(100))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("line", "at", "inside"),
    [
        ("02:00-03:00", "2026-03-03 02:00", True),
        ("02:00-03:00", "2026-03-03 03:00", False),
        ("23:30-01:00", "2026-03-03 23:45", True),
        ("23:30-01:00", "2026-03-04 00:59", True),
        ("23:30-01:00", "2026-03-04 01:00", False),
        ("7 02:00-04:00", "2026-03-08 02:30", True),
        ("7 02:00-04:00", "2026-03-09 02:30", False),
        ("7 23:00-01:00", "2026-03-09 00:30", True),
        ("7 23:00-01:00", "2026-03-08 00:30", False),
        ("2026-03-03 01:00/2026-03-03 03:00", "2026-03-03 01:00", True),
        ("2026-03-03T01:00/2026-03-03T03:00", "2026-03-03 03:00", False),
    ],
)
def test_maintenance_windows_are_in_local_time(line: str, at: str, inside: bool) -> None:
    assert rules.maintained([rules.window_of(line)], local(at), ZONE) is inside


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2-3",
        "25:00-26:00",
        "02:00-02:00",
        "8 02:00-03:00",
        "2026-03-03 03:00/2026-03-03 01:00",
        "2026-02-30 01:00/2026-03-01 01:00",
    ],
)
def test_what_is_no_window_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"|".join(["out of range", "must be in", re.escape(line)])):
        rules.window_of(line)


def test_a_stretch_is_divided_at_local_midnight() -> None:
    found = rules.by_day(local("2026-03-03 23:00"), local("2026-03-05 01:00"), ZONE)
    assert found == {date(2026, 3, 3): 3600, date(2026, 3, 4): 86_400, date(2026, 3, 5): 3600}
    assert rules.by_day(T0, T0, ZONE) == {}


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_days_of_a_stretch_add_up_to_it(start: int, length: int) -> None:
    begun = T0 + timedelta(seconds=start)
    assert sum(rules.by_day(begun, begun + timedelta(seconds=length), ZONE).values()) == pytest.approx(length)


@pytest.mark.parametrize(
    ("seen", "down", "percent"),
    [
        (0, 0, None),
        (100, 0, "100.000"),
        (100, 100, "0.000"),
        (100, 200, "0.000"),
        (86_400, 60, "99.931"),
        (31_536_000, 1, "99.999"),
    ],
)
def test_availability_is_of_the_time_seen_and_never_rounded_up_to_all(
    seen: float, down: float, percent: str | None
) -> None:
    assert rules.availability(seen, down) == (None if percent is None else Decimal(percent))


@given(st.floats(1, 1e7), st.floats(0, 1e7), st.floats(0, 1e7))
def test_more_downtime_is_never_better(seen: float, down: float, more: float) -> None:
    less, most = rules.availability(seen, down + more), rules.availability(seen, down)
    assert less is not None
    assert most is not None
    assert 0 <= less <= most <= 100


def test_time_in_which_nobody_looked_does_not_count() -> None:
    assert [rules.counted(gap, 30) for gap in (-1, 10, 30, 60, 3600)] == [0, 10, 30, 60, 60]


@pytest.mark.parametrize(
    ("percent", "shade"),
    [(None, "unobserved"), ("100", 1), ("99.95", 2), ("99", 3), ("95", 4), ("94.9", "over")],
)
def test_days_are_shaded_by_what_they_were(percent: str | None, shade: int | str) -> None:
    assert rules.level(None if percent is None else Decimal(percent)) == shade
