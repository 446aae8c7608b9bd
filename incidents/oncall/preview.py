"""What would happen if a fault began at a time and nobody answered: every rung, whom, by which channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from incidents.oncall import rules
from incidents.oncall.callees import Callee, callees
from kernel.outbox.reach import ways
from kernel.outbox.reach.rules import PAGE
from kernel.platform import Platform
from sla.contract import Contract
from sla.events import Event
from sla.ladder import climbing
from sla.schedule import BREACH, Planned, planned
from sla.verdict import judge


class Step(NamedTuple):
    """One rung as it would be climbed."""

    planned: Planned
    people: list[tuple[Callee, list[str]]]
    gaps: list[str]


def preview(
    platform: Platform,
    session: Session,
    contract: Contract,
    fault_class: str,
    payers: Sequence[str],
    at: datetime,
) -> list[Step]:
    """Return the steps of both ladders, with the first call after the repair limit, in order."""
    fault = {"fault_class": fault_class, "payers": list(payers), "modules": []}
    events = [Event(at, "reported", fault, 1)]
    verdict = judge(contract, events, at)
    rungs = [p for p in planned(contract, verdict, events, at) if p.clock == "repair"]
    rungs += climbing(contract, verdict, events, at)
    over = next(p.due_at for p in rungs if p.rung == BREACH) + contract.repair.repeat
    rungs.append(Planned("repair", "after:1", over))
    return [
        _step(platform, session, contract, payers, rung) for rung in sorted(rungs, key=lambda r: r.due_at)
    ]


def _step(
    platform: Platform, session: Session, contract: Contract, payers: Sequence[str], rung: Planned
) -> Step:
    targets = rules.targets(contract, rung.clock, rung.rung)
    found = callees(session, rung.due_at, payers, targets)
    by: dict[int, list[str]] = {callee.person.id: [] for callee in found.people}
    for way in ways(platform, session, [c.person for c in found.people], PAGE):
        by[way.person.id].append(way.channel)
    return Step(rung, [(callee, by[callee.person.id]) for callee in found.people], found.gaps)
