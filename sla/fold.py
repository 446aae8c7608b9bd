"""Folds an incident's events, in order, into the facts its clocks are judged by.

Only facts are gathered here: when service was down, who answered when, what was claimed and decided. What
they mean against the limits is ``sla.verdict``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sla.contract import Contract
from sla.events import Event
from sla.exclusions import Claims
from sla.intervals import Span

REPORTS = frozenset(("detected", "reported"))
_UNTIED = frozenset(("blind_from", "blind_to"))  # the platform's own state may well begin before the fault
_IN_ORDER = itemgetter(0, 3)


class NotStartedError(ValueError):
    """There is nothing to judge: no ``detected`` or ``reported`` up to the as-of time."""


class Change:
    """A change of class, and what party A decided about it: ``None`` while undecided."""

    __slots__ = ("agreed", "at", "fault_class")

    def __init__(self, at: datetime, fault_class: str) -> None:
        self.at, self.fault_class = at, fault_class
        self.agreed: bool | None = None


class Facts:
    """What an incident's events, up to an as-of time, say happened."""

    __slots__ = (
        "agreed_at",
        "base_class",
        "blind",
        "blind_from",
        "changes",
        "claims",
        "closed",
        "contract",
        "declared",
        "down_since",
        "drill",
        "events",
        "excluded",
        "faults",
        "grids",
        "major_at",
        "modules",
        "outages",
        "payers",
        "reported_class",
        "responded_at",
        "sent",
        "started_at",
    )

    def __init__(self, contract: Contract, events: Sequence[Event], as_of: datetime) -> None:
        ordered = sorted(events, key=_IN_ORDER)
        while ordered and ordered[-1][0] > as_of:
            ordered.pop()
        self.contract, self.events = contract, ordered
        self.started_at, first = _beginning(contract, ordered)
        self.base_class: str = first.data["fault_class"]
        self.reported_class = self.base_class
        self.modules: set[str] = set()
        self.payers: set[str] = set()
        self.changes: list[Change] = []
        self.claims: Claims | None = None
        self.responded_at: datetime | None = None
        self.closed = self.declared = self.drill = False
        self.down_since: datetime | None = self.started_at
        self.major_at: datetime | None = None
        self.outages: list[Span] = []
        self.grids: list[Span] = []
        self.agreed_at: datetime | None = None
        self.excluded: str | None = None
        self.blind: list[Span] = []
        self.blind_from: datetime | None = None
        self.sent: list[Span] = []
        self.faults = 0
        if first.at == self.started_at:  # with an earlier occurrence, nobody could know that it was major
            self.note_major(self.started_at)
        self._fold()

    def _fold(self) -> None:
        start, handlers = self.started_at, _HANDLERS
        for at, kind, data, _ in self.events:
            if at < start:
                if kind not in _UNTIED:
                    self.faults += 1
                at = start  # noqa: PLW2901, an event before the start is read as at the start
            handler = handlers.get(kind)
            if handler is not None:
                handler(self, at, data)

    def claimed_class(self) -> str:
        """Return the class of the latest change that is not refused, countersigned or not."""
        for change in reversed(self.changes):
            if change.agreed is not False:
                return change.fault_class
        return self.base_class

    def class_in_force(self) -> str:
        """Return the class of the contract's view: a longer limit counts only once countersigned."""
        classes, in_force = self.contract.fault_classes, self.base_class
        for change in self.changes:
            longer = classes[change.fault_class].limit > classes[in_force].limit
            if change.agreed or (change.agreed is None and not longer):
                in_force = change.fault_class
        return in_force

    def note_major(self, at: datetime) -> None:
        """Record that the present outage is major from ``at``, if it now is by class or by breadth."""
        if self.major_at is not None or self.down_since is None:
            return
        major = self.contract.major
        wide = len(self.payers) >= major.payers or len(self.modules) >= major.modules
        if wide or self.contract.fault_classes[self.claimed_class()].major:
            self.major_at = at

    def end_outage(self, at: datetime) -> None:
        """Service is back, or the incident is agreed to be none of its own."""
        if self.down_since is None:
            return
        self.outages.append((self.down_since, at))
        major_at = self.major_until(at)
        if major_at is not None:
            self.grids.append((major_at, at))
        self.down_since = self.major_at = None

    def major_until(self, end: datetime) -> datetime | None:
        """Return when the outage that ends at ``end`` became major; exactly at the limit is not long."""
        if self.down_since is None:
            return None
        long_at = self.down_since + self.contract.major.long
        if end > long_at and (self.major_at is None or self.major_at > long_at):
            return long_at
        return self.major_at

    def begin_outage(self, at: datetime) -> None:
        """Service is down again; once declared major, each later outage is major from its start."""
        self.closed = False
        if self.down_since is None and self.excluded is None:
            self.down_since = at
            if self.declared:
                self.major_at = at
            else:
                self.note_major(at)


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
