"""The ladder that calls people until one of them answers, and the hourly calls of a breached repair.

These deadlines only wake people. Whether a clock is met or missed is judged from `sla.schedule`'s alone, so
nothing here can suppress a breach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sla.contract import Contract
from sla.events import Event
from sla.schedule import Planned
from sla.verdict import Verdict

CALL = "call"
"""The clock of the response ladder; its rungs are named by their minutes."""
OPENS_AGAIN = ("reopened", "restoration_rejected")
ANSWERS = ("responded", "progress", "restored", "backup_in_service", "device_repaired")
"""What only a person of party B can have said."""


def climbing(contract: Contract, verdict: Verdict, events: Sequence[Event], as_of: datetime) -> list[Planned]:
    """Return the calls that should be armed at `as_of`, earliest first."""
    if verdict.excluded is not None:
        return []
    found = [*_calls(contract, verdict, events), *_hourly(contract, verdict, as_of)]
    return sorted(found, key=lambda each: (each.due_at, each.clock, each.rung))


def _calls(contract: Contract, verdict: Verdict, events: Sequence[Event]) -> Iterator[Planned]:
    since = unanswered_since(verdict, events)
    if since is not None:
        for after in sorted({rung.after for rung in contract.response.ladder}):
            yield Planned(CALL, str(after // timedelta(minutes=1)), since + after)


def unanswered_since(verdict: Verdict, events: Sequence[Event]) -> datetime | None:
    """Return since when nobody has answered: from the start, or from the latest reopening."""
    told = sorted(events, key=lambda e: (e.at, e.seq))
    last = max((n for n, e in enumerate(told) if e.type in OPENS_AGAIN), default=None)
    since = told[0 if last is None else last :]
    if any(e.type == "closed" for e in since):
        return None
    if last is None:
        return None if verdict.response.ended_at is not None else verdict.response.started_at
    return None if any(e.type in ANSWERS for e in since) else told[last].at


def _hourly(contract: Contract, verdict: Verdict, as_of: datetime) -> Iterator[Planned]:
    """Yield the next call after the limit, on a fixed grid: a late call moves none that follows."""
    due, repeat = verdict.repair.due_at, contract.repair.repeat
    if verdict.down and as_of >= due:
        k = (as_of - due) // repeat + 1
        yield Planned("repair", f"after:{k}", due + k * repeat)
