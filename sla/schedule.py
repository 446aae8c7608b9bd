"""Which deadlines an incident should have armed now, in the one deadline table of the product.

The list is what *should* stand; the caller arms what is missing and cancels what moved. Rows that are
already due at ``as_of`` belong to the engine even when they are no longer listed: they are left to fire,
and what fires judges again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sla.contract import Contract
from sla.events import Event
from sla.exclusions import holes
from sla.grid import slot_due, slots_before, slots_between
from sla.intervals import FOREVER, Span, used_up
from sla.verdict import Verdict

__all__ = ["BREACH", "Planned", "planned", "slot_due", "slots_between"]

#: The rung at which a limit is used up; the rungs before it are the percents of the contract's ladder.
BREACH = "breach"


class Planned(NamedTuple):
    """One deadline that should be armed: the clock, its rung, and when it is due (UTC)."""

    clock: str
    rung: str
    due_at: datetime


def planned(contract: Contract, verdict: Verdict, events: Sequence[Event], as_of: datetime) -> list[Planned]:
    """Return the deadlines that should be armed at ``as_of``, earliest first.

    ``verdict`` must be that of the same contract, events and ``as_of``. Nothing is planned for an incident
    that party A agreed to be a false alarm or part of another.
    """
    if verdict.excluded is not None:
        return []
    found = [] if _answered(verdict, events) else [Planned("response", BREACH, verdict.response.due_at)]
    if verdict.down:
        found.extend(_repair(contract, verdict))
        found.extend(_long(contract, verdict))
    found.extend(_broadcasts(contract, verdict, as_of))
    return sorted(found, key=lambda each: (each.due_at, each.clock, each.rung))


def _answered(verdict: Verdict, events: Sequence[Event]) -> bool:
    """Whether nothing more can come of the response clock: answered, or breached and closed."""
    if verdict.response.ended_at is not None:
        return True
    return verdict.response.state == "missed" and any(event.type == "closed" for event in events)


def _repair(contract: Contract, verdict: Verdict) -> Iterator[Planned]:
    """Yield the instants at which counted time reaches each share of the limit in force (第十五条)."""
    fault_class = contract.fault_classes[verdict.fault_class]
    spans: list[Span] = [(start, end or FOREVER) for start, end in verdict.outages]
    taken = holes(list(verdict.exclusions), ("approved",), verdict.as_of)
    for percent in contract.repair.ladder_percent:
        share: timedelta = fault_class.limit * percent / 100
        yield Planned("repair", str(percent), used_up(spans, taken, share))
    yield Planned("repair", BREACH, verdict.repair.due_at)
    if fault_class.backup:
        yield Planned("backup", BREACH, verdict.repair.due_at)


def _long(contract: Contract, verdict: Verdict) -> Iterator[Planned]:
    """Yield when the present outage becomes major by its length alone (第十六条)."""
    if not (verdict.grids and verdict.grids[-1][1] is None):
        yield Planned("long", BREACH, verdict.outages[-1][0] + contract.major.long)


def _broadcasts(contract: Contract, verdict: Verdict, as_of: datetime) -> Iterator[Planned]:
    """Yield the next slot of the running grid, and the checks of slots that are already due."""
    rule = contract.broadcast
    for grid, (start, end) in enumerate(verdict.grids):
        next_slot = slots_before(contract, start, as_of + timedelta.resolution)
        if next_slot == 1 and end is None and as_of < start + rule.first_grace:
            next_slot = 0  # slot 0 is due at once, but its automatic text waits for a human one
        earliest_open_check = as_of - rule.tolerance + timedelta.resolution
        until = slot_due(contract, start, next_slot + 1) if end is None else end
        for k, due in slots_between(contract, start, earliest_open_check, until):
            yield Planned("broadcast", f"g{grid}:check:{k}", due + rule.tolerance)
        if end is None:
            due = slot_due(contract, start, next_slot)
            if next_slot > 0:
                yield Planned("broadcast", f"g{grid}:prompt:{next_slot}", due - rule.prompt_lead)
            grace = timedelta(0) if next_slot else rule.first_grace
            yield Planned("broadcast", f"g{grid}:send:{next_slot}", due + grace)
