"""Folds an incident's events, in order, into the facts its clocks are judged by.

What each type of event changes is said here, one small function a type; what the facts then mean against
the limits is ``sla.verdict``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sla.contract import Contract
from sla.events import Event
from sla.exclusions import Claims
from sla.facts import Change, Facts

REPORTS = frozenset(("detected", "reported"))
_UNTIED = frozenset(("blind_from", "blind_to"))  # the platform's own state may well begin before the fault
_IN_ORDER = itemgetter(0, 3)


class NotStartedError(ValueError):
    """There is nothing to judge: no ``detected`` or ``reported`` up to the as-of time."""


def fold(contract: Contract, events: Sequence[Event], as_of: datetime) -> Facts:
    """Return the facts at ``as_of``; raises ``NotStartedError`` when nobody reported anything by then."""
    ordered = sorted(events, key=_IN_ORDER)
    while ordered and ordered[-1][0] > as_of:
        ordered.pop()
    start, first = _beginning(contract, ordered)
    facts, handlers = Facts(contract, ordered, start, first), _HANDLERS
    if first.at == start:  # with an earlier occurrence, nobody could know that it was major
        facts.note_major(start)
    for at, kind, data, _ in ordered:
        if at < start:
            if kind not in _UNTIED:
                facts.faults += 1
            at = start  # noqa: PLW2901, an event before the start is read as at the start
        handler = handlers.get(kind)
        if handler is not None:
            handler(facts, at, data)
    return facts


def _beginning(contract: Contract, ordered: Sequence[Event]) -> tuple[datetime, Event]:
    """Return the start of the clocks and the earliest report."""
    first: Event | None = None
    occurred: list[datetime] = []
    for event in ordered:
        if event[1] in REPORTS:
            first = first or event
            if "occurred_at" in event[2]:
                occurred.append(event[2]["occurred_at"])
    if first is None:
        raise NotStartedError("no detected or reported event")
    start = first.at
    if occurred and contract.options.start == "occurred":
        start = min(start, *occurred)
    return start, first


def _report(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
    facts.modules.update(data.get("modules", ()))
    facts.payers.update(data.get("payers", ()))
    facts.drill = facts.drill or bool(data.get("drill"))
    if data["fault_class"] != facts.reported_class:
        facts.reported_class = data["fault_class"]
        facts.changes.append(Change(at, facts.reported_class))
    facts.note_major(at)


def _responded(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
    if facts.responded_at is None and not facts.closed and not data.get("automatic"):
        facts.responded_at = at


def _restored(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
    facts.end_outage(at)


def _rejected(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
    facts.begin_outage(at)


def _reopened(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
    if facts.down_since is None and at - facts.outages[-1][1] > facts.contract.repair.reopening_window:
        facts.faults += 1  # later than the window it is a new incident, which somebody recorded as this one
    else:
        facts.begin_outage(at)


def _closed(facts: Facts, _at: datetime, _: Mapping[str, Any]) -> None:
    facts.closed = True


def _scope_changed(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
    facts.modules = set(data.get("modules", facts.modules))
    facts.payers = set(data.get("payers", facts.payers))
    facts.note_major(at)


def _major_declared(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
    facts.declared = True
    if facts.down_since is not None and facts.major_at is None:
        facts.major_at = at


def _class_changed(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
    facts.changes.append(Change(at, data["fault_class"]))
    facts.note_major(at)


def _class_decided(agreed: bool) -> Callable[[Facts, datetime, Mapping[str, Any]], None]:
    def decide(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
        for change in reversed(facts.changes):
            if change.agreed is None:
                change.agreed = agreed
                break
        facts.note_major(at)

    return decide


def _claim(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
    facts.claims = facts.claims or Claims()
    facts.claims.claimed(at, data["claim"], data["reason"], data["from"], data.get("to"))


def _claim_decided(approved: bool) -> Callable[[Facts, datetime, Mapping[str, Any]], None]:
    def decide(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
        facts.claims = facts.claims or Claims()
        facts.claims.decided(at, data["claim"], approved)

    return decide


def _agreed(reason: str) -> Callable[[Facts, datetime, Mapping[str, Any]], None]:
    def agree(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
        if facts.excluded is None:
            facts.end_outage(at)
            facts.excluded, facts.agreed_at = reason, at

    return agree


def _broadcast_sent(facts: Facts, at: datetime, data: Mapping[str, Any]) -> None:
    if not data.get("closing"):
        facts.sent.append((data["due_at"], data.get("reached_at", at)))


def _blind_from(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
    facts.blind_from = facts.blind_from or at


def _blind_to(facts: Facts, at: datetime, _: Mapping[str, Any]) -> None:
    if facts.blind_from is not None:
        facts.blind.append((facts.blind_from, at))
        facts.blind_from = None


_HANDLERS: dict[str, Callable[[Facts, datetime, Mapping[str, Any]], None]] = {
    "detected": _report,
    "reported": _report,
    "responded": _responded,
    "restored": _restored,
    "backup_in_service": _restored,
    "restoration_rejected": _rejected,
    "reopened": _reopened,
    "closed": _closed,
    "scope_changed": _scope_changed,
    "major_declared": _major_declared,
    "class_changed": _class_changed,
    "class_countersigned": _class_decided(agreed=True),
    "class_refused": _class_decided(agreed=False),
    "exclusion_claimed": _claim,
    "exclusion_approved": _claim_decided(approved=True),
    "exclusion_refused": _claim_decided(approved=False),
    "false_alarm_agreed": _agreed("false_alarm"),
    "merge_agreed": _agreed("merged"),
    "broadcast_sent": _broadcast_sent,
    "blind_from": _blind_from,
    "blind_to": _blind_to,
}
