from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.clock import SYSTEM, AcceleratedClock, FixedClock

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_the_system_clock_tells_an_aware_utc_time_and_never_runs_backwards() -> None:
    assert SYSTEM.now().utcoffset() == timedelta(0)
    first = SYSTEM.monotonic()
    assert SYSTEM.monotonic() >= first


def test_an_accelerated_clock_runs_from_its_origin_in_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([100.0, 101.0, 102.5])
    monkeypatch.setattr("kernel.clock.time.monotonic", lambda: next(seconds))
    clock = AcceleratedClock(600, NOON)
    assert clock.now() == NOON + timedelta(minutes=10)
    assert clock.monotonic() == 1500.0


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_an_accelerated_clock_must_run_forwards(speed: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        AcceleratedClock(speed)


def test_a_fixed_clock_moves_wall_and_monotonic_time_together() -> None:
    clock = FixedClock(NOON)
    assert clock.advance(timedelta(minutes=1)) == NOON + timedelta(minutes=1)
    assert clock.monotonic() == 60.0


def test_a_jump_moves_only_the_wall_time() -> None:
    clock = FixedClock(NOON)
    clock.jump_wall(timedelta(hours=-1))
    assert (clock.now(), clock.monotonic()) == (NOON - timedelta(hours=1), 0.0)


def test_only_a_clock_that_is_moved_by_a_script_may_skip_time_unwatched() -> None:
    assert SYSTEM.runs
    assert AcceleratedClock(10).runs
    assert not FixedClock(NOON).runs
