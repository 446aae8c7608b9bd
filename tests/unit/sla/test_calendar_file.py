"""The calendar file: RFC 5545's escapes, folds and line ends."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from kernel.web import ics
from kernel.web.ics import Entry

MADE = datetime(2025, 3, 1, 1, tzinfo=UTC)


def entry(title: str = "付款", text: str = "", *, done: bool = False) -> Entry:
    return Entry("a@b", date(2025, 3, 31), title, text, "https://x/obligations", done, (30, 3))


def lines(*entries: Entry) -> list[str]:
    """Unfold, as every reader does."""
    return ics.calendar("合同", entries, MADE).decode().replace("\r\n ", "").split("\r\n")


def test_an_obligation_is_a_whole_day_with_alarms() -> None:
    found = lines(entry())
    assert found[0] == "BEGIN:VCALENDAR"
    assert found[-2:] == ["END:VCALENDAR", ""]
    assert {"DTSTART;VALUE=DATE:20250331", "DTEND;VALUE=DATE:20250401", "DTSTAMP:20250301T010000Z"} <= set(
        found
    )
    assert [line for line in found if line.startswith("TRIGGER")] == ["TRIGGER:-P30D", "TRIGGER:-P3D"]


def test_what_is_done_rings_no_more() -> None:
    assert "BEGIN:VALARM" not in lines(entry(done=True))


def test_special_letters_are_escaped() -> None:
    assert "SUMMARY:a\\, b\\; c\\\\d\\ne" in lines(entry("a, b; c\\d\ne"))


@given(st.text(max_size=200))
def test_no_line_has_more_than_75_octets_and_none_is_broken(title: str) -> None:
    content = ics.calendar("x", [entry(title)], MADE)
    content.decode()
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    for line in content.split(b"\r\n"):
        line.decode()
