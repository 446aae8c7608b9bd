"""A calendar as iCalendar (RFC 5545): all-day or timed events, with alarms; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MIME = "text/calendar; charset=utf-8"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})
_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Entry:
    """A day in the calendar, or a time with its end."""

    uid: str
    day: date | datetime
    title: str
    text: str
    url: str
    done: bool
    alarms: tuple[int, ...] = ()
    """Days before, while it still is to be done."""
    until: datetime | None = None
    """When a timed event ends; `day` is then the time it begins."""


def calendar(name: str, entries: Iterable[Entry], made_at: datetime, what: str = "obligations") -> bytes:
    """Return the file; lines end in CRLF and are folded at 75 octets."""
    stamp = _instant(made_at)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//shoushi//{what}//ZH", "METHOD:PUBLISH"]
    lines.append(f"X-WR-CALNAME:{name.translate(_ESCAPED)}")
    for entry in entries:
        lines += _event(entry, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(_fold(line) for line in lines)


def _event(entry: Entry, stamp: str) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{entry.uid}", f"DTSTAMP:{stamp}")
    if entry.until is not None and isinstance(entry.day, datetime):
        yield f"DTSTART:{_instant(entry.day)}"
        yield f"DTEND:{_instant(entry.until)}"
    else:
        yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{entry.title.translate(_ESCAPED)}"
    yield f"DESCRIPTION:{entry.text.translate(_ESCAPED)}"
    yield f"URL:{entry.url}"
    yield "TRANSP:TRANSPARENT"
    yield "STATUS:CONFIRMED"
    for days in () if entry.done else entry.alarms:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-P{days}D")
        yield from (f"DESCRIPTION:{entry.title.translate(_ESCAPED)}", "END:VALARM")
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _fold(line: str) -> bytes:
    """Break a line between characters, never inside one; continuation lines begin with a space."""
    folded, room = bytearray(), _OCTETS
    for letter in line:
        octets = letter.encode()
        if len(octets) > room:
            folded += b"\r\n "
            room = _OCTETS - 1
        folded += octets
        room -= len(octets)
    return bytes(folded + b"\r\n")
