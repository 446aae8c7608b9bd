"""What an incident's events say happened: outages, answers, classes, claims, and since when it was major."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sla.contract import Contract
from sla.events import Event
from sla.exclusions import Claims
from sla.intervals import Span


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

    def __init__(
        self, contract: Contract, events: Sequence[Event], started_at: datetime, first: Event
    ) -> None:
        self.contract, self.events = contract, events
        self.started_at = started_at
        self.base_class: str = first.data["fault_class"]
        self.reported_class = self.base_class
        self.modules: set[str] = set()
        self.payers: set[str] = set()
        self.changes: list[Change] = []
        self.claims: Claims | None = None
        self.responded_at: datetime | None = None
        self.closed = self.declared = self.drill = False
        self.down_since: datetime | None = started_at
        self.major_at: datetime | None = None
        self.outages: list[Span] = []
        self.grids: list[Span] = []
        self.agreed_at: datetime | None = None
        self.excluded: str | None = None
        self.blind: list[Span] = []
        self.blind_from: datetime | None = None
        self.sent: list[Span] = []
        self.faults = 0

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
