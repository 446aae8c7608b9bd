from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from kernel.web import formats
from kernel.web.i18n import use_language

AT = datetime(2025, 3, 3, 1, 30, 5, 999, tzinfo=UTC)
LAST_YEAR = datetime(2024, 12, 31, 16, 0, tzinfo=UTC)


def test_times_are_shown_in_the_contracts_zone() -> None:
    assert formats.localtime(AT) == "2025年3月3日 09:30"
    assert formats.clocktime(AT) == "09:30"
    assert formats.localdate(LAST_YEAR) == "2025年1月1日"


def test_english_times() -> None:
    use_language("en")
    assert formats.localtime(AT) == "3 Mar 2025 09:30"
    assert formats.monthday(AT) == "3 Mar"
    assert formats.monthname(12) == "Dec"


def test_isotime_has_seconds_and_offset() -> None:
    assert formats.isotime(AT) == "2025-03-03T09:30:05+08:00"
    assert formats.localinput(AT) == "2025-03-03T09:30"


def test_the_year_is_left_out_only_in_the_pages_own_year() -> None:
    assert formats.neartime(AT) == "3月3日 09:30"
    assert formats.neartime(datetime(2024, 5, 1, 1, 0, tzinfo=UTC)) == "2024年5月1日 09:00"


@pytest.mark.parametrize("write", [formats.localtime, formats.clocktime, formats.isotime, formats.localdate])
def test_a_time_without_a_zone_is_refused(write: object) -> None:
    with pytest.raises(ValueError, match="naive"):
        write(datetime(2025, 3, 3, 9, 30))  # type: ignore[operator]  # noqa: DTZ001


def test_nothing_is_a_dash() -> None:
    for write in (formats.localtime, formats.localdate, formats.clocktime, formats.duration, formats.money):
        assert write(None) == "—"
    assert formats.isotime(None) == formats.localinput(None) == ""
    assert (
        formats.percent(None)
        == formats.number(None)
        == formats.nearday(None)
        == formats.monthday(None)
        == "—"
    )


def test_a_date_needs_no_zone() -> None:
    assert formats.localdate(date(2025, 3, 3)) == "2025年3月3日"


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (0, "0秒", "0 s"),
        (45, "45秒", "45 s"),
        (60, "1分", "1 min"),
        (750, "12分30秒", "12 min 30 s"),
        (3600, "1小时", "1 h"),
        (11520, "3小时12分", "3 h 12 min"),
        (11559, "3小时12分", "3 h 12 min"),
        (3605, "1小时", "1 h"),
        (72 * 3600 - 1, "71小时59分", "71 h 59 min"),
        (76 * 3600, "3天4小时", "3 d 4 h"),
        (-90, "-1分30秒", "-1 min 30 s"),
        (timedelta(hours=20), "20小时", "20 h"),
        (timedelta(seconds=-1), "-1秒", "-1 s"),
    ],
)
def test_durations(span: float | timedelta, zh: str, en: str) -> None:
    assert formats.duration(span) == zh
    use_language("en")
    assert formats.duration(span) == en


@pytest.mark.parametrize(
    ("span", "text"),
    [(0, "00:00:00"), (10032, "02:47:12"), (359999, "99:59:59"), (360000, "4天 04:00"), (-61, "00:01:01")],
)
def test_ticks_of_the_departure_board(span: int, text: str) -> None:
    assert formats.ticks(span) == formats.ticks(timedelta(seconds=span)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("2300", "¥2,300.00"), (Decimal("0.5"), "¥0.50"), (-12, "-¥12.00"), ("1234567.891", "¥1,234,567.89")],
)
def test_money(amount: Decimal | int | str, text: str) -> None:
    assert formats.money(amount) == text


def test_shares_and_numbers() -> None:
    assert formats.percent(0.9995) == "99.95%"
    assert formats.number(1234.5, 2) == "1,234.50"
