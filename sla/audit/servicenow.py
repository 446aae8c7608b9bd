"""Reads a ServiceNow-style event log: CSV, one row per update of a ticket, times day-month-year.

A ticket keeps only the rows that mean something to the contract, so memory grows with events, not with
the width of the file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sla.audit.log import Case, Log, Progress
from sla.audit.reader import LONGEST, BadByteError, InputError, Lines, bad_name
from sla.contract import Contract
from sla.events import Event

COLUMNS = ("number", "incident_state", "opened_at", "sys_updated_at", "priority")
_NEW, _DONE, _WAITING = "New", frozenset(("Resolved", "Closed")), "Awaiting User Info"
_MAJOR, _GENERAL = "system_major", "system_general"
_TIME = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_CACHED_TIMES = 100_000
_PROGRESS_ROWS = 20_000

_RESPONDED: dict[str, object] = {}
_Step = tuple[datetime, str, dict[str, object]]


class _Ticket:
    """One ``number``: what its rows said, as far as the contract cares."""

    __slots__ = ("faults", "last", "major", "opened", "opened_text", "state", "steps", "waits")

    def __init__(self, opened: datetime, opened_text: str) -> None:
        self.opened = self.last = opened
        self.opened_text = opened_text
        self.state, self.major = _NEW, False
        self.faults = self.waits = 0
        self.steps: list[_Step] = []

    def row(self, at: datetime, state: str) -> None:
        """Take in one row, whose time is already known not to be after the as-of time."""
        if at < self.last:
            self.faults += 1
        else:
            self.last = at
        if state != self.state:
            self._enter(state)

    def _enter(self, state: str) -> None:
        at, before, steps = self.last, self.state, self.steps
        if before == _NEW and not steps:
            steps.append((at, "responded", _RESPONDED))
        if state == _WAITING:
            self.waits += 1
            steps.append((at, "exclusion_claimed", self._claim(at)))
        elif before == _WAITING:
            steps[self._open_claim()][2]["to"] = at
        if (state in _DONE) != (before in _DONE):
            steps.append((at, "restored" if state in _DONE else "restoration_rejected", _RESPONDED))
        self.state = state

    def _claim(self, at: datetime) -> dict[str, object]:
        return {"claim": f"等待用户-{self.waits}", "reason": "customer", "from": at}

    def _open_claim(self) -> int:
        return max(index for index, step in enumerate(self.steps) if step[1] == "exclusion_claimed")

    def events(self) -> list[Event]:
        """Return the ticket as events of the contract's own kind."""
        report = {"fault_class": _MAJOR if self.major else _GENERAL}
        events = [Event(self.opened, "reported", report, 0)]
        events.extend(Event(at, kind, data, seq) for seq, (at, kind, data) in enumerate(self.steps, start=1))
        return events


class _Times:
    """Day-month-year texts as UTC; a log repeats its times a lot, so they are kept."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.known: dict[str, datetime] = {}

    def read(self, text: str) -> datetime | None:
        """Return the time, or ``None`` when the text is none."""
        found = _TIME.fullmatch(text)
        if found is None:
            return None
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            at = datetime(year, month, day, hour, minute, second, tzinfo=self._zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        if not 1971 <= at.year < 2200:
            return None
        if len(self.known) >= _CACHED_TIMES:
            self.known.clear()
        self.known[text] = at
        return at


def read_servicenow(
    path: str, contract: Contract, as_of: datetime | None = None, progress: Progress | None = None
) -> Log:
    """Return the log of a file; ``as_of`` is by default the latest ``sys_updated_at`` in it.

    Rows later than a given ``as_of`` decide nothing but the ticket's class. Raises ``InputError`` naming
    file, line and column for anything that cannot be read as such a log.
    """
    for key in (_MAJOR, _GENERAL):
        if key not in contract.fault_classes:
            raise InputError(path, "合同没有 %(key)s 这一故障类别，无法审计此格式", key=key)
    names: list[str] = []
    try:
        with Lines(path) as lines:
            tickets, latest = _read(lines, names, _Times(contract.zone), as_of, progress)
    except BadByteError as error:
        raise (error.in_column(names) if names else error) from None
    if latest is None:
        raise InputError(path, "没有故障记录", 1)
    if as_of is not None:
        kept = {number: ticket for number, ticket in tickets.items() if ticket.opened <= as_of}
        return Log(as_of, _cases(kept, as_of))
    return Log(latest, _cases(tickets, latest))


def _cases(tickets: dict[str, _Ticket], as_of: datetime) -> Iterator[Case]:
    for number, ticket in tickets.items():
        # A ticket opened after every update in the file is judged from its own start, not before it.
        yield Case(number, ticket.events(), ticket.faults, max(as_of, ticket.last))


def _rows(lines: Lines) -> Iterator[list[str]]:
    """Yield the records; an error of the CSV form itself names the line."""
    csv.field_size_limit(LONGEST)
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(lines.path, "CSV 格式错误（%(why)s）", lines.first, 1, why=error) from None
        if row is None:
            return
        yield row
        lines.taken()


def _read(
    lines: Lines, names: list[str], times: _Times, as_of: datetime | None, progress: Progress | None
) -> tuple[dict[str, _Ticket], datetime | None]:
    rows = _rows(lines)
    names.extend(_header(lines, next(rows, [])))
    at_number, at_state, at_opened, at_updated, at_priority = (names.index(each) for each in COLUMNS)
    tickets: dict[str, _Ticket] = {}
    known, width = times.known, len(names)
    latest: datetime | None = None
    for count, row in enumerate(rows):
        if len(row) != width:
            if not row:
                continue
            raise _wrong_width(lines, names, len(row))
        ticket = tickets.get(row[at_number])
        if ticket is None or ticket.opened_text != row[at_opened]:
            opened = known.get(row[at_opened]) or _time(lines, names, times, row, at_opened)
        if ticket is None:
            ticket = tickets[_number(lines, names, row[at_number])] = _Ticket(opened, row[at_opened])
        at = known.get(row[at_updated]) or _time(lines, names, times, row, at_updated)
        state = row[at_state]
        if not state:
            raise _error(lines, names, at_state, "缺少状态")
        ticket.major = row[at_priority].startswith("1")
        if latest is None or at > latest:
            latest = at
        if as_of is None or at <= as_of:
            ticket.row(at, state)
        if progress is not None and count % _PROGRESS_ROWS == 0:
            progress(lines.number)
    return tickets, latest


def _header(lines: Lines, names: Sequence[str]) -> list[str]:
    if not names:
        raise InputError(lines.path, "文件为空", 1)
    for name in COLUMNS:
        if name not in names:
            raise InputError(lines.path, "缺少列 %(missing)s", 1, missing=name)
    for column, name in enumerate(names):
        if name in names[:column] and name in COLUMNS:
            raise InputError(lines.path, "列名重复", 1, column + 1, name)
    return list(names)


def _error(lines: Lines, names: Sequence[str], column: int, message: str) -> InputError:
    return InputError(lines.path, message, lines.first, column + 1, names[column])


def _wrong_width(lines: Lines, names: Sequence[str], found: int) -> InputError:
    column = min(found, len(names))
    name = names[column] if found < len(names) else ""
    return InputError(
        lines.path,
        "应有 %(n)s 列，实有 %(found)s 列",
        lines.first,
        column + 1,
        name,
        n=len(names),
        found=found,
    )


def _number(lines: Lines, names: Sequence[str], number: str) -> str:
    problem = bad_name(number)
    if problem is not None:
        raise _error(lines, names, names.index("number"), problem)
    return number


def _time(lines: Lines, names: Sequence[str], times: _Times, row: Sequence[str], column: int) -> datetime:
    at = times.read(row[column])
    if at is None:
        raise _error(lines, names, column, "不是“日-月-年 时:分”形式的时间")
    return at
