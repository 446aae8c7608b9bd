"""What if: the same events judged by two versions of the contract, and where the outcome differs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sla.contract import Contract
from sla.events import Event
from sla.fold import NotStartedError
from sla.verdict import Verdict, judge

SHOWN = 500
"""Changed cases kept for showing; the figures count all."""


class Told(NamedTuple):
    """One case: its number and title, the version it was judged by, and its events."""

    number: str
    title: str
    contract: Contract
    events: Sequence[Event]


class Outcome(NamedTuple):
    """What a verdict comes to."""

    fault_class: str
    response: str
    repair: str
    slots: int
    penalty: Decimal


class Changed(NamedTuple):
    """A case whose outcome differs between the versions."""

    number: str
    title: str
    old: Outcome
    new: Outcome


@dataclass(slots=True)
class Side:
    """The figures of one version over all cases."""

    response: Counter[str] = field(default_factory=Counter)
    repair: Counter[str] = field(default_factory=Counter)
    slots: int = 0
    cases: int = 0
    total: Decimal = Decimal("0.00")

    def add(self, outcome: Outcome) -> None:
        """Count one case."""
        self.response[outcome.response] += 1
        self.repair[outcome.repair] += 1
        self.slots += outcome.slots
        self.cases += outcome.penalty > 0
        self.total += outcome.penalty


@dataclass(slots=True)
class WhatIf:
    """The difference a version would have made."""

    judged: int = 0
    differing: int = 0
    old: Side = field(default_factory=Side)
    new: Side = field(default_factory=Side)
    changed: list[Changed] = field(default_factory=list)

    @property
    def difference(self) -> Decimal:
        """What party B would have paid more (or less, negative), in yuan."""
        return self.new.total - self.old.total


def compare(told: Iterable[Told], draft: Contract, as_of: datetime) -> WhatIf:
    """Judge every case by its own version and by the draft, as of one instant.

    Drills are left out (they cost nothing under any version); so are cases that have not begun by `as_of`.
    """
    found = WhatIf()
    for case in told:
        try:
            old, new = judge(case.contract, case.events, as_of), judge(draft, case.events, as_of)
        except NotStartedError:
            continue
        if old.drill:
            continue
        _count(found, case, _outcome(old), _outcome(new))
    return found


def _outcome(verdict: Verdict) -> Outcome:
    clocks = verdict.response.state, verdict.repair.state
    return Outcome(verdict.fault_class, *clocks, verdict.slots, verdict.penalty)


def _count(found: WhatIf, case: Told, old: Outcome, new: Outcome) -> None:
    found.judged += 1
    found.old.add(old)
    found.new.add(new)
    if old != new:
        found.differing += 1
        if len(found.changed) < SHOWN:
            found.changed.append(Changed(case.number, case.title, old, new))
