"""The JSON-like form of a verdict and its digest: what evidence files hold and recompute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kernel.crypto import canonical_json, sm3_hex
from sla.events import to_interchange
from sla.grid import Grid
from sla.verdict import ClockVerdict, Verdict

Stamp = Callable[[datetime | None], str | None]


def stamp_in(verdict: Verdict) -> Stamp:
    """Return the function that writes a time as ISO 8601 in the contract's zone."""
    zone = verdict.contract.zone

    def stamp(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat()

    return stamp


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return the result as values that JSON can hold."""
    stamp = stamp_in(verdict)
    backup = verdict.backup_obligation
    return {
        "as_of": stamp(verdict.as_of),
        "started_at": stamp(verdict.started_at),
        "fault_class": verdict.fault_class,
        "claimed_class": verdict.claimed_class,
        "response": _clock(verdict.response, stamp),
        "repair": _clock(verdict.repair, stamp),
        "provider_view": {"repair": _clock(verdict.provider_repair, stamp)},
        "outages": _spans(verdict.outages, stamp),
        "exclusions": [
            {**each._asdict(), "start": stamp(each.start), "end": stamp(each.end)}
            for each in verdict.exclusions
        ],
        "restored_at": stamp(verdict.restored_at),
        "major_since": stamp(verdict.major_since),
        "grids": _spans(verdict.grids, stamp),
        "slots": verdict.slots,
        "slots_missed": verdict.slots_missed,
        "backup_obligation": backup and {"due_at": stamp(backup.due_at), "state": backup.state},
        "penalty_cases": verdict.penalty_cases,
        "penalty": str(verdict.penalty),
        "data_faults": verdict.data_faults,
        "excluded": verdict.excluded,
        "drill": verdict.drill,
        "modules": sorted(verdict.modules),
        "payers": sorted(verdict.payers),
        "readings": list(verdict.readings),
    }


def sealed(verdict: Verdict) -> tuple[str, str]:
    """Return the result as canonical JSON, and the SM3 over contract version, events, as-of time and it."""
    result = canonical_json(as_dict(verdict))
    events = [to_interchange("", event) for event in verdict.events]
    first = canonical_json([verdict.contract.digest, events, verdict.as_of])
    return result.decode(), sm3_hex(first[:-1] + b"," + result + b"]")


def _clock(clock: ClockVerdict, stamp: Stamp) -> dict[str, Any]:
    return {
        **clock._asdict(),
        "started_at": stamp(clock.started_at),
        "due_at": stamp(clock.due_at),
        "ended_at": stamp(clock.ended_at),
    }


def _spans(spans: tuple[Grid, ...], stamp: Stamp) -> list[list[str | None]]:
    return [[stamp(start), stamp(end)] for start, end in spans]
