"""Which readings of the contract had a part in a verdict, so that they can be shown next to it."""

from __future__ import annotations

from collections.abc import Callable

from sla.fold import REPORTS
from sla.verdict import UNOBSERVED, Verdict


def readings_used(verdict: Verdict) -> tuple[str, ...]:
    """Return the keys of the readings that influenced the verdict, in the contract's order."""
    return tuple(key for key in verdict.contract.readings if key in _INFLUENCE and _INFLUENCE[key](verdict))


def _has(verdict: Verdict, *kinds: str) -> bool:
    return any(event.type in kinds for event in verdict.events)


def _start_was_open(verdict: Verdict) -> bool:
    reports = [event for event in verdict.events if event.type in REPORTS]
    return len(reports) > 1 or any("occurred_at" in event.data for event in reports)


def _reply_was_open(verdict: Verdict) -> bool:
    ended = verdict.response.ended_at
    automatic = any(event.data.get("automatic") for event in verdict.events if event.type == "responded")
    restored_first = verdict.restored_at is not None and (ended is None or ended > verdict.restored_at)
    return automatic or restored_first


def _at_the_very_end(verdict: Verdict) -> bool:
    response = verdict.response
    limit = verdict.contract.fault_classes[verdict.fault_class].limit
    repair = verdict.repair
    on_the_second = repair.ended_at is not None and repair.counted_seconds == limit.total_seconds()
    return response.ended_at == response.due_at or on_the_second


_INFLUENCE: dict[str, Callable[[Verdict], bool]] = {
    "clock_start": _start_was_open,
    "human_response": _reply_was_open,
    "boundary": _at_the_very_end,
    "reopening": lambda verdict: _has(verdict, "reopened", "restoration_rejected"),
    "backup_duty": lambda verdict: verdict.contract.fault_classes[verdict.fault_class].backup,
    "exclusion": lambda verdict: bool(verdict.exclusions),
    "class_change": lambda verdict: (
        _has(verdict, "class_changed") or verdict.claimed_class != verdict.fault_class
    ),
    "broadcast_grid": lambda verdict: bool(verdict.grids),
    "penalty_case": lambda verdict: verdict.penalty_cases > 0,
    "drill": lambda verdict: verdict.drill,
    "blind_time": lambda verdict: (
        _has(verdict, "blind_from") or UNOBSERVED in (verdict.response.state, verdict.repair.state)
    ),
}
