"""The ledger by API and as pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from kernel.edge import ApiRouter, PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render
from sla.penalties import queries

api = ApiRouter(prefix="/penalties", tags=["penalties"])
pages = PageRouter()
router = APIRouter()

Reader = Annotated[Actor, Depends(require("penalty.read"))]
State = Annotated[str | None, Query(max_length=16)]
Cursor = Annotated[str | None, Query(max_length=18)]

STATE_LABELS = {"proposed": "拟扣", "reversed": "已冲回"}


@api.get("")
def listing(
    request: Request, actor: Reader, session: Read, state: State = None, cursor: Cursor = None
) -> dict[str, Any]:
    """List penalties with their ledger lines, the newest first."""
    rows, following = queries.listing(session, actor, state, cursor)
    lines = queries.entries(session, [p.id for p, _ in rows])
    zone = platform_of(request).zone
    items = [
        {
            "id": penalty.number,
            "incident": case.subject,
            "title": case.title,
            "clause": penalty.clause,
            "amount": f"{penalty.amount:.2f}",
            "state": penalty.state,
            "created_at": penalty.created_at.astimezone(zone).isoformat(),
            "entries": [
                {
                    "seq": e.seq,
                    "type": e.type,
                    "amount": f"{e.amount:.2f}",
                    "verdict_version": e.verdict_version,
                    "reason": e.reason,
                    "actor": e.actor,
                    "at": e.at.astimezone(zone).isoformat(),
                    "digest": e.digest,
                }
                for e in lines[penalty.id]
            ],
        }
        for penalty, case in rows
    ]
    return {"items": items, "next": following}


@pages.get("/penalties")
def page(
    request: Request, actor: Reader, session: Read, state: State = None, cursor: Cursor = None
) -> Response:
    """Show the ledger."""
    rows, following = queries.listing(session, actor, state, cursor)
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
