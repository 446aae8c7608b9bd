"""What became of an incident in the ledger and among the verdicts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from sla.cases.service import versions
from sla.penalties.models import Penalty, PenaltyEntry
from tests.support.world import World


def penalties(world: World, number: str) -> Sequence[Penalty]:
    """Return the penalties of an incident, the oldest first."""
    case = world.case(number)
    with world.platform.db.read() as session:
        return session.scalars(select(Penalty).where(Penalty.case_id == case.id).order_by(Penalty.id)).all()


def entries(world: World, number: str) -> list[tuple[str, str]]:
    """Return (type, amount) of all ledger lines of an incident."""
    case = world.case(number)
    wanted = select(PenaltyEntry).join(Penalty, Penalty.id == PenaltyEntry.penalty_id)
    with world.platform.db.read() as session:
        rows = session.scalars(wanted.where(Penalty.case_id == case.id).order_by(PenaltyEntry.id)).all()
        return [(e.type, f"{e.amount:.2f}") for e in rows]


def verdicts(world: World, number: str) -> list[dict[str, Any]]:
    """Return every verdict version as it was written."""
    with world.platform.db.read() as session:
        return [json.loads(v.result) for v in versions(session, number)]


def at(world: World, hour: int, minute: int = 0, second: int = 0, *, days: int = 0) -> datetime:
    """Return a local time on the story's day."""
    local = world.now.astimezone(world.platform.zone).replace(day=3, month=3, year=2026)
    return local.replace(hour=hour, minute=minute, second=second, microsecond=0) + timedelta(days=days)
