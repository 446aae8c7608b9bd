"""The half-hourly broadcast grid (第十六条): slot k is due at T0 + k × interval and never drifts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sla.contract import Contract
from sla.intervals import Span

Grid = tuple[datetime, datetime | None]


def slot_due(contract: Contract, grid_start: datetime, k: int) -> datetime:
    """Return when slot ``k`` (0, 1, 2 …) of a grid is due."""
    return grid_start + k * contract.broadcast.interval


def slots_between(
    contract: Contract, grid_start: datetime, start: datetime, end: datetime
) -> Iterator[tuple[int, datetime]]:
    """Yield the number and due time of each slot with start ≤ due < end."""
    interval = contract.broadcast.interval
    k = max(0, -((grid_start - start) // interval))
    while (due := grid_start + k * interval) < end:
        yield k, due
        k += 1


def slots_before(contract: Contract, grid_start: datetime, end: datetime) -> int:
    """Return how many slots are due strictly before ``end``: one exactly then is not owed."""
    return max(0, -((grid_start - end) // contract.broadcast.interval))


def slots_owed(contract: Contract, grids: Iterable[Grid], as_of: datetime) -> int:
    """Return the slots of all grids that are owed at ``as_of``; closing broadcasts are not slots."""
    total = 0
    for start, end in grids:
        if end is None:
            total += (as_of - start) // contract.broadcast.interval + 1
        else:
            total += slots_before(contract, start, end)
    return total


def slots_missed(contract: Contract, grids: Iterable[Grid], sent: Sequence[Span], as_of: datetime) -> int:
    """Return the owed slots whose tolerance has passed at ``as_of`` with no broadcast on time.

    ``sent`` holds (slot's due time, when the last recipient was reached) of each broadcast.
    """
    rule = contract.broadcast
    on_time = {due for due, reached in sent if reached <= due + rule.tolerance}
    missed = 0
    for start, end in grids:
        judged_until = as_of - rule.tolerance
        if end is not None and end < judged_until:
            judged_until = end
        missed += slots_before(contract, start, judged_until)
        for due in on_time:
            if start <= due < judged_until and not (due - start) % rule.interval:
                missed -= 1
    return missed
