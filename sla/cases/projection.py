"""What reports list of a verdict beyond its outcome: outages, and claims to subtract time.

Rebuilt from each verdict, and written only where it differs from what is there.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from kernel.db import Base, table_of
from kernel.db.bulk import insert_later
from kernel.db.prepared import Prepared
from sla.cases.models import CaseExclusion, CaseOutage
from sla.verdict import Verdict

_DECISIONS = ("exclusion_approved", "exclusion_refused")
Rows = list[dict[str, Any]]


def project(session: Session, case_id: int, verdict: Verdict, *, fresh: bool = False) -> None:
    """Make the case's outages and claims those of the verdict; a `fresh` case has none yet."""
    _replace(session, CaseOutage, case_id, _outages(case_id, verdict), [] if fresh else None)
    if verdict.exclusions:
        known = _known(session, CaseExclusion, case_id)
        _replace(session, CaseExclusion, case_id, _exclusions(session, case_id, verdict, known), known)


def _outages(case_id: int, verdict: Verdict) -> Rows:
    spans = () if verdict.excluded else verdict.outages
    return [
        {
            "case_id": case_id,
            "place": place,
            "from_second": int(start.timestamp()),
            "to_second": None if end is None else int(end.timestamp()),
        }
        for place, (start, end) in enumerate(spans)
    ]


def _exclusions(session: Session, case_id: int, verdict: Verdict, known: Rows) -> Rows:
    """Return the claims with their decisions; who decided is known when the decision is told, then kept."""
    decided = {e.data.get("claim"): e.at for e in verdict.events if e.type in _DECISIONS}
    before = {(row["claim"], row["decided_at"]): row["decided_by"] for row in known}
    rows = []
    for place, each in enumerate(verdict.exclusions):
        at: datetime | None = decided.get(each.claim) if each.state != "claimed" else None
        who = before.get((each.claim, at)) or str(session.info.get("actor", "system"))
        rows.append(
            {
                "case_id": case_id,
                "place": place,
                "claim": each.claim[:80],
                "reason": each.reason,
                "from_at": each.start,
                "to_at": each.end,
                "state": each.state,
                "decided_at": at,
                "decided_by": None if at is None else who,
            }
        )
    return rows


@cache
def _of_case(model: type[Base]) -> Prepared:
    table = table_of(model)
    return Prepared(select(table).where(table.c.case_id == bindparam("case")).order_by(table.c.place))


def _known(session: Session, model: type[Base], case_id: int) -> Rows:
    names = [column.name for column in table_of(model).columns]
    found = _of_case(model).rows(session, {"case": case_id})
    return [dict(zip(names, row, strict=True)) for row in found]


def _replace(
    session: Session, model: type[Base], case_id: int, rows: Rows, known: Rows | None = None
) -> None:
    before = _known(session, model, case_id) if known is None else known
    if before == rows:
        return
    table = table_of(model)
    if before:
        session.execute(delete(table).where(table.c.case_id == case_id))
    insert_later(session, model, rows)
