"""Time that party B wants subtracted from the repair clock, and what party A decided (第二十九条).

Only an approved stretch changes the contract's view. A claim line that follows the approval may make the
approved stretch shorter, which is against the claimant's own interest; a line that reaches beyond it is a
new claim, never an approval that grew.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sla.intervals import FOREVER, Span, united


class Exclusion(NamedTuple):
    """One stretch, ``end`` being ``None`` while it runs; ``state`` is claimed, approved or refused."""

    claim: str
    reason: str
    start: datetime
    end: datetime | None
    state: str

    def span(self, as_of: datetime) -> Span:
        """Return the stretch as known at ``as_of``; one still running is known only so far."""
        return self.start, as_of if self.end is None else self.end


class _Line(NamedTuple):
    at: datetime
    reason: str
    start: datetime
    end: datetime | None


class Claims:
    """The claims of one incident and the latest decision on each."""

    __slots__ = ("_decisions", "_lines")

    def __init__(self) -> None:
        self._lines: dict[str, list[_Line]] = {}
        self._decisions: dict[str, tuple[datetime, bool]] = {}

    def claimed(self, at: datetime, claim: str, reason: str, start: datetime, end: datetime | None) -> None:
        """Record a claim line."""
        self._lines.setdefault(claim, []).append(_Line(at, reason, start, end))

    def decided(self, at: datetime, claim: str, approved: bool) -> None:
        """Record a decision; the latest one on a claim wins."""
        self._decisions[claim] = (at, approved)

    def exclusions(self) -> list[Exclusion]:
        """Return every stretch with its state; decisions on claims nobody made are nothing."""
        found: list[Exclusion] = []
        for claim, lines in self._lines.items():
            decision = self._decisions.get(claim)
            if decision is None:
                found.append(_exclusion(claim, lines[-1], "claimed"))
            elif not decision[1]:
                found.append(_exclusion(claim, lines[-1], "refused"))
            else:
                found.extend(_approved(claim, lines, decision[0]))
        return found


def _approved(claim: str, lines: list[_Line], decided_at: datetime) -> list[Exclusion]:
    known = sum(line.at <= decided_at for line in lines) or 1
    agreed = lines[known - 1]
    amended: _Line | None = None
    for line in lines[known:]:
        if line.start >= agreed.start and (line.end or FOREVER) <= (agreed.end or FOREVER):
            agreed, amended = line, None
        else:
            amended = line
    found = [_exclusion(claim, agreed, "approved")]
    if amended is not None:
        found.append(_exclusion(claim, amended, "claimed"))
    return found


def _exclusion(claim: str, line: _Line, state: str) -> Exclusion:
    return Exclusion(claim, line.reason, line.start, line.end, state)


def holes(exclusions: list[Exclusion], states: tuple[str, ...], as_of: datetime) -> list[Span]:
    """Return the stretches in one of the states, united."""
    return united(each.span(as_of) for each in exclusions if each.state in states)
