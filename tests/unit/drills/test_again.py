"""When a drill that is planned again may run."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from drills.again import moved
from drills.plan import Window

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 3, 3, 9, tzinfo=ZONE)


def window(begins: str, ends: str) -> Window:
    return Window.model_validate({"begins": f"{begins}+08:00", "ends": f"{ends}+08:00"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("2025-02-03T09:00", "2025-02-03T12:00"), ("2025-06-30T09:00", "2025-06-30T12:00")),
        (("2025-02-03T22:00", "2025-02-04T02:00"), ("2025-06-29T22:00", "2025-06-30T02:00")),
        (("2024-11-30T00:00", "2024-12-02T00:00"), ("2025-06-28T00:00", "2025-06-30T00:00")),
    ],
)
def test_the_window_keeps_its_times_of_day_and_ends_on_the_last_day_in_time(
    before: tuple[str, str], after: tuple[str, str]
) -> None:
    found = moved(window(*before), date(2025, 6, 30), NOW, ZONE)
    assert found == window(*after)


def test_a_window_of_another_zone_is_read_on_the_contracts_clock() -> None:
    early = Window.model_validate({"begins": "2025-02-02T23:00:00Z", "ends": "2025-02-03T02:00:00Z"})
    assert moved(early, date(2025, 6, 30), NOW, ZONE) == window("2025-06-30T07:00", "2025-06-30T10:00")


def test_without_a_day_or_without_time_left_on_it_somebody_has_to_choose() -> None:
    early = window("2025-02-03T08:00", "2025-02-03T12:00")
    assert moved(early, None, NOW, ZONE) is None
    assert moved(early, date(2025, 3, 3), NOW, ZONE) is None
