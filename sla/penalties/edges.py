"""The ledger by API and as pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from kernel.edge import ApiRouter, PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render
from sla.cases.models import Case
from sla.penalties import queries
from sla.penalties.models import Penalty, PenaltyEntry
from sla.penalties.rules import STATE_LABELS

api = ApiRouter(prefix="/penalties", tags=["penalties"])
pages = PageRouter()
router = APIRouter()

Reader = Annotated[Actor, Depends(require("penalty.read"))]
State = Annotated[str | None, Query(max_length=16)]
Cursor = Annotated[str | None, Query(max_length=18)]

Limits = Annotated[queries.Period, Depends()]


@api.get("")
def listing(
    request: Request,
    actor: Reader,
    session: Read,
    period: Limits,
    state: State = None,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """List penalties with their ledger lines, the newest first."""
    rows, following = queries.listing(session, actor, state, cursor, period=period)
    lines = queries.entries(session, [p.id for p, _ in rows])
    zone = platform_of(request).zone
    items = [as_dict(penalty, case, lines[penalty.id], zone) for penalty, case in rows]
    return {"items": items, "next": following}


def as_dict(penalty: Penalty, case: Case, lines: Sequence[PenaltyEntry], zone: ZoneInfo) -> dict[str, Any]:
    """Return a penalty with its ledger lines as JSON values."""
    return {
        "id": penalty.number,
        "incident": case.subject,
        "title": case.title,
        "clause": penalty.clause,
        "amount": f"{penalty.amount:.2f}",
        "state": penalty.state,
        "created_at": penalty.created_at.astimezone(zone).isoformat(),
        "entries": [
            {
                "seq": line.seq,
                "type": line.type,
                "amount": f"{line.amount:.2f}",
                "verdict_version": line.verdict_version,
                "reason": line.reason,
                "actor": line.actor,
                "at": line.at.astimezone(zone).isoformat(),
                "digest": line.digest,
            }
            for line in lines
        ],
    }


@pages.get("/penalties")
def page(
    request: Request,
    actor: Reader,
    session: Read,
    period: Limits,
    state: State = None,
    cursor: Cursor = None,
) -> Response:
    """Show the ledger."""
    rows, following = queries.listing(session, actor, state, cursor, period=period)
    lines = queries.entries(session, [p.id for p, _ in rows])
    return render(
        request,
        "sla/penalties.html",
        rows=rows,
        lines=lines,
        next=following,
        state=state,
        labels=STATE_LABELS,
    )


@pages.get("/penalties/{number}")
def one(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Show one penalty: its lines and the verdict each rests on."""
    penalty, case, lines = queries.one(session, actor, number)
    verdicts = {e.verdict_version: queries.verdict_of(session, case.id, e.verdict_version) for e in lines}
    return render(
        request,
        "sla/penalty.html",
        penalty=penalty,
        case=case,
        lines=lines,
        verdicts=verdicts,
        labels=STATE_LABELS,
    )


router.include_router(api)
router.include_router(pages)
