"""Attainment month by month, for boards: one query, whatever the number of months and cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from sla.cases.models import Case
from sla.contract import Contract
from sla.report.headline import Tally, tally, within
from sla.report.rules import month_of


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month: its first day, the faults that began in it, and how their clocks went."""

    first: date
    incidents: int
    response: Tally
    repair: Tally


def months_before(today: date, count: int) -> list[date]:
    """Return the first days of the `count` months up to today's, the oldest first."""
    found = [month_of(today)[0]]
    while len(found) < count:
        found.append(month_of(found[-1] - timedelta(days=1))[0])
    return found[::-1]


def trend(
    session: Session, contract: Contract, scopes: frozenset[str] | None, now: datetime, count: int = 6
) -> list[MonthFigures]:
    """Return the figures of the last `count` months in the contract's zone; drills left out."""
    firsts = months_before(now.astimezone(contract.zone).date(), count)
    starts = [datetime(d.year, d.month, d.day, tzinfo=contract.zone) for d in firsts]
    which = case(*[(Case.started_at < later, n) for n, later in enumerate(starts[1:])], else_=count - 1)
    keys = (which.label("month"), Case.response_state, Case.repair_state)
    wanted = (
        select(*keys, func.count().label("cases"))
        .where(within(starts[0], now + timedelta(seconds=1), scopes), Case.drill == 0)
        .group_by(*keys)
    )
    rows = session.execute(wanted).all()
    return [_month(first, [row for row in rows if row.month == n]) for n, first in enumerate(firsts)]


def _month(first: date, rows: Sequence[Any]) -> MonthFigures:
    return MonthFigures(
        first,
        incidents=sum(row.cases for row in rows),
        response=tally((row.response_state, row.cases) for row in rows),
        repair=tally((row.repair_state, row.cases) for row in rows),
    )
