"""All deadlines an incident should have armed: what is judged, and who is to be called meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sla.contract import Contract
from sla.events import Event
from sla.ladder import climbing
from sla.schedule import Planned, planned
from sla.verdict import Verdict


def deadlines(contract: Contract, verdict: Verdict, events: Sequence[Event], now: datetime) -> list[Planned]:
    """Return what should be armed now."""
    return planned(contract, verdict, events, now) + climbing(contract, verdict, events, now)
