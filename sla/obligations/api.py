"""JSON edge of the contract's calendar."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request

from kernel.edge import ApiRouter, Read, Write, platform_of, require
from kernel.edge.inputs import BIGGEST, OPEN
from kernel.identity.actor import Actor
from sla import pinned
from sla.obligations import queries, schemas, service
from sla.obligations.facts import RECORD
from sla.obligations.queries import PAGE, Filter

router = ApiRouter(prefix="/obligations", tags=["obligations"])

Reader = Annotated[Actor, Depends(require("obligation.read"))]
Recorder = Annotated[Actor, Depends(require(RECORD))]
State = Literal["upcoming", "due", "met", "late", "missed", "waived", "unknown"]


@router.get("")
def listing(
    request: Request,
    actor: Reader,
    session: Read,
    state: Annotated[State | None, OPEN, Query()] = None,
    owed_by: Annotated[Literal["a", "b"] | None, OPEN, Query()] = None,
) -> dict[str, Any]:
    """Return the contract's calendar, by due date: what each party owes, and what follows."""
    platform = platform_of(request)
    contract = pinned.in_force(platform)
    found = queries.calendar(session, actor, contract, platform.clock.now(), Filter(state, owed_by))
    return {"items": [schemas.as_dict(contract, each) for each in found], "next": None}


@router.get("/facts")
def facts(
    request: Request,
    actor: Reader,
    session: Read,
    cursor: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> dict[str, Any]:
    """Return the record, the newest first, with what was withdrawn."""
    platform = platform_of(request)
    rows, following = queries.facts(session, actor, pinned.in_force(platform), cursor, limit)
    return {"items": [schemas.fact_as_dict(row, platform.zone) for row in rows], "next": following}


@router.post("/facts", status_code=201)
def record(request: Request, body: schemas.FactIn, actor: Recorder, session: Write) -> dict[str, Any]:
    """Put a fact on record; deadlines and reminders follow it at once."""
    platform = platform_of(request)
    contract, now = pinned.in_force(platform), platform.clock.now()
    fact = service.add_fact(platform, session, now, actor, contract, body.told())
    return schemas.fact_as_dict(fact, platform.zone)
