"""The ledger by API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kernel.edge import ApiRouter, Read, Write, platform_of, require
from kernel.edge.etags import IfMatch, etag, version_of
from kernel.identity.actor import Actor
from sla.cases.models import Case
from sla.penalties import queries, rules, service
from sla.penalties.models import Penalty, PenaltyEntry

router = ApiRouter(prefix="/penalties", tags=["penalties"])

Reader = Annotated[Actor, Depends(require("penalty.read"))]
State = Annotated[str | None, Query(max_length=16)]
Cursor = Annotated[str | None, Query(max_length=18)]
Limits = Annotated[queries.Period, Depends()]


class DecisionIn(BaseModel):
    """What a party decides."""

    model_config = ConfigDict(extra="forbid")

    decision: str = Field(max_length=16, description=" | ".join(rules.DECISIONS))
    reason: str = Field(default="", max_length=service.REASON_MAX)


@router.get("")
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


@router.get("/{number}")
def one(request: Request, response: Response, number: str, actor: Reader, session: Read) -> dict[str, Any]:
    """Return one penalty with its ledger lines."""
    penalty, case, lines = queries.one(session, actor, number)
    response.headers["ETag"] = etag(penalty.version)
    return as_dict(penalty, case, lines, platform_of(request).zone)


@router.post("/{number}/decisions", status_code=201)
def decide(
    request: Request,
    response: Response,
    number: str,
    body: DecisionIn,
    actor: Reader,
    session: Write,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Decide on a penalty; 403 for the other party's decision, 409 when it is impossible now or stale."""
    platform = platform_of(request)
    now = platform.clock.now()
    version = version_of(if_match)
    service.decide(
        platform, session, now, actor, number, body.decision, reason=body.reason, if_version=version
    )
    penalty, case, lines = queries.one(session, actor, number)
    response.headers["ETag"] = etag(penalty.version)
    return as_dict(penalty, case, lines, platform.zone)


def as_dict(penalty: Penalty, case: Case, lines: Sequence[PenaltyEntry], zone: ZoneInfo) -> dict[str, Any]:
    """Return a penalty with its ledger lines as JSON values."""
    until = penalty.contest_until
    return {
        "id": penalty.number,
        "incident": case.subject,
        "title": case.title,
        "clause": penalty.clause,
        "amount": f"{penalty.amount:.2f}",
        "balance": f"{penalty.balance:.2f}",
        "state": penalty.state,
        "contest_until": until.astimezone(zone).isoformat() if until else None,
        "created_at": penalty.created_at.astimezone(zone).isoformat(),
        "version": penalty.version,
        "entries": [
            {
                "seq": line.seq,
                "type": line.type,
                "amount": f"{line.amount:.2f}",
                "verdict_version": line.verdict_version,
                "reason": line.reason,
                "actor": line.actor,
                "at": line.at.astimezone(zone).isoformat(),
                "instalment": line.instalment,
                "digest": line.digest,
            }
            for line in lines
        ],
    }
