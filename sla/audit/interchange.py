"""Reads our own interchange form: JSON Lines, one event a line, in any order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from math import isinf

from sla.audit.log import Case, Log, Progress
from sla.audit.reader import InputError, Lines, bad_name
from sla.contract import Contract
from sla.events import Event, EventError, parse_event
from sla.fold import REPORTS

_PROGRESS_LINES = 20_000


def read_interchange(
    path: str, contract: Contract, as_of: datetime | None = None, progress: Progress | None = None
) -> Log:
    """Return the log of a file; ``as_of`` is by default the latest ``at`` in it.

    Raises ``InputError`` naming file, line and column or field for a line that is no event, and for an
    incident that nobody detected or reported.
    """
    incidents: dict[str, list[Event]] = {}
    with Lines(path) as lines:
        for text in lines:
            if text.strip():
                incident, event = _event(lines, text, contract)
                incidents.setdefault(incident, []).append(event)
            lines.taken()
            if progress is not None and lines.number % _PROGRESS_LINES == 0:
                progress(lines.number)
    if not incidents:
        raise InputError(path, "没有故障记录", 1)
    for incident, events in incidents.items():
        if not any(event.type in REPORTS for event in events):
            raise InputError(
                path, "故障 %(id)s 没有 detected 或 reported", events[0].seq, 1, "event", id=incident
            )
    latest = max(event.at for events in incidents.values() for event in events)
    return Log(as_of or latest, _cases(incidents, as_of or latest))


def _cases(incidents: dict[str, list[Event]], as_of: datetime) -> Iterator[Case]:
    for incident, events in incidents.items():
        if any(event.at <= as_of and event.type in REPORTS for event in events):
            yield Case(incident, events, 0, as_of)


def _event(lines: Lines, text: str, contract: Contract) -> tuple[str, Event]:
    try:
        incident, event = parse_event(load_json(text), lines.number, contract.fault_classes)
    except json.JSONDecodeError as error:
        raise InputError(
            lines.path, "JSON 格式错误（%(why)s）", lines.number, error.colno, why=error.msg
        ) from None
    except EventError as error:
        column = max(text.find(f'"{error.field}"'), 0) + 1
        raise InputError(
            lines.path, error.reason, lines.number, column, error.field, **error.values
        ) from None
    except (ValueError, RecursionError):
        raise InputError(
            lines.path, "不是可读的 JSON（数值过大、嵌套过深或含坏字符）", lines.number, 1
        ) from None
    if problem := bad_name(incident):
        column = max(text.find('"incident"'), 0) + 1
        raise InputError(lines.path, problem, lines.number, column, "incident")
    return incident, event


def load_json(text: str) -> object:
    """Return the value of a JSON text, refusing what JSON does not have or what would be ambiguous.

    Raises ``ValueError`` for NaN, a key given twice, and half a surrogate pair.
    """
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError(f"{digits} is too large")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
