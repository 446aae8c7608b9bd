"""How times, durations and money are written in each language; also the template filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kernel.web.i18n import current_language, gettext
from kernel.web.moment import aware, moment

NOTHING = "—"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY = 86400


def _local(at: datetime, zone: ZoneInfo | None) -> datetime:
    return aware(at).astimezone(zone or moment().zone)


def localdate(at: datetime | date | None, zone: ZoneInfo | None = None) -> str:
    """2025年3月3日, or 3 Mar 2025."""
    if at is None:
        return NOTHING
    day = _local(at, zone) if isinstance(at, datetime) else at
    if current_language() == "en":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def clocktime(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """09:30."""
    return NOTHING if at is None else _local(at, zone).strftime("%H:%M")


def localtime(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """2025年3月3日 09:30, or 3 Mar 2025 09:30."""
    return NOTHING if at is None else f"{localdate(at, zone)} {clocktime(at, zone)}"


def monthday(at: datetime | date | None, zone: ZoneInfo | None = None) -> str:
    """3月3日, or 3 Mar."""
    if at is None:
        return NOTHING
    day = _local(at, zone) if isinstance(at, datetime) else at
    return f"{day.day} {MONTHS[day.month - 1]}" if current_language() == "en" else f"{day.month}月{day.day}日"


def nearday(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """3月3日 in the year of the page, 2024年12月31日 otherwise."""
    if at is None:
        return NOTHING
    same = _local(at, zone).year == _local(moment().now, zone).year
    return monthday(at, zone) if same else localdate(at, zone)


def neartime(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """3月3日 09:30 in the year of the page, with the year otherwise."""
    return NOTHING if at is None else f"{nearday(at, zone)} {clocktime(at, zone)}"


def monthname(month: int) -> str:
    """3月, or Mar."""
    return MONTHS[month - 1] if current_language() == "en" else f"{month}月"


def isotime(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """2025-03-03T09:30:00+08:00: what `<time datetime>` and scripts read."""
    return "" if at is None else _local(at, zone).isoformat(timespec="seconds")


def localinput(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """2025-03-03T09:30: the value of a datetime-local input."""
    return "" if at is None else _local(at, zone).strftime("%Y-%m-%dT%H:%M")


def duration(span: timedelta | float | None) -> str:
    """3小时12分, 12分30秒, 3天4小时; or 3 h 12 min and so on. Days only from 72 hours on."""
    if span is None:
        return NOTHING
    seconds = int(abs(span.total_seconds() if isinstance(span, timedelta) else span))
    sign = "-" if (span < timedelta(0) if isinstance(span, timedelta) else span < 0) and seconds else ""
    return sign + _parts(seconds)


def _parts(seconds: int) -> str:
    units = ("d", "h", "min", "s") if current_language() == "en" else ("天", "小时", "分", "秒")
    gap, joint = (" ", " ") if current_language() == "en" else ("", "")
    days, rest = divmod(seconds, DAY) if seconds >= 3 * DAY else (0, seconds)
    values = [days, rest // 3600, rest % 3600 // 60, rest % 60]
    first = next((index for index, value in enumerate(values) if value), 3)
    shown = [
        f"{value}{gap}{unit}"
        for index, (value, unit) in enumerate(zip(values, units, strict=True))
        if first <= index <= first + 1 and not (index == 3 and first < 2) and (value or index == first)
    ]
    return joint.join(shown)


def ticks(span: timedelta | float) -> str:
    """02:47:12 as on a departure board; from 100 hours on 5天 03:12. The script writes the same."""
    seconds = int(abs(span.total_seconds() if isinstance(span, timedelta) else span))
    if seconds >= 100 * 3600:
        days = gettext("%(n)s天", n=seconds // DAY)
        return f"{days} {seconds % DAY // 3600:02}:{seconds % 3600 // 60:02}"
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


def money(amount: Decimal | int | str | None) -> str:
    """¥2,300.00."""
    if amount is None:
        return NOTHING
    value = Decimal(amount).quantize(Decimal("0.01"))
    return f"{'-' if value < 0 else ''}¥{abs(value):,.2f}"


def number(value: Decimal | float | None, places: int = 0) -> str:
    """1,234 or 1,234.50."""
    return NOTHING if value is None else f"{value:,.{places}f}"


def percent(share: Decimal | float | None, places: int = 2) -> str:
    """99.95% of a share between 0 and 1."""
    return NOTHING if share is None else f"{share * 100:.{places}f}%"


FILTERS: dict[str, Callable[..., Any]] = {
    "localdate": localdate,
    "monthday": monthday,
    "monthname": monthname,
    "nearday": nearday,
    "neartime": neartime,
    "clocktime": clocktime,
    "localtime": localtime,
    "isotime": isotime,
    "localinput": localinput,
    "duration": duration,
    "ticks": ticks,
    "money": money,
    "number": number,
    "percent": percent,
}
