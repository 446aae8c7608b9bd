"""JSON edge of repairs: where they may run, and each time that one is asked for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import Field

from incidents.queries import find_visible
from incidents.repairs import queries, service, targets, views
from kernel.edge import ApiRouter, Body, Read, RowId, Write, platform_of, require
from kernel.identity.actor import Actor
from playbooks.inventory import LONGEST
from sla import pinned

router = ApiRouter(tags=["repairs"])
Reader = Annotated[Actor, Depends(require("repair.read"))]
Asker = Annotated[Actor, Depends(require("repair.ask"))]
Keeper = Annotated[Actor, Depends(require("repair.set_up"))]
Number = Annotated[str, Path(max_length=20)]
Cursor = Annotated[str | None, Query(max_length=18)]


class TargetIn(Body):
    """Where a repair may be run."""

    name: str = Field(min_length=1, max_length=targets.NAME_MAX)
    repair: str = Field(max_length=40, description="a repair of the catalogue")
    inventory: str = Field(
        min_length=1, max_length=LONGEST, description="static YAML, each host with shoushi_tier"
    )
    modules: list[str] = Field(default=[], max_length=100, description="empty: every module")
    values: str = Field(default="", max_length=targets.VALUES_MAX, description="YAML of variables")


class AskIn(Body):
    """Why which target should be repaired."""

    target: int = Field(ge=1, le=2**63 - 1)
    reason: str = Field(min_length=1, max_length=service.TEXT_MAX)


class DecisionIn(Body):
    """Let it run, or not."""

    decision: Literal["approve", "refuse"]
    text: str = Field(default="", max_length=service.TEXT_MAX)


@router.get("/repairs/targets")
def list_targets(_actor: Reader, session: Read) -> dict[str, Any]:
    """List where repairs may run."""
    return {"items": [views.target(row) for row in targets.listing(session)]}


@router.post("/repairs/targets", status_code=201)
def add_target(request: Request, body: TargetIn, actor: Keeper, session: Write) -> dict[str, Any]:
    """Set up a target; 422 names what is wrong with it."""
    platform = platform_of(request)
    wanted = targets.Wanted(**body.model_dump())
    now = platform.clock.now()
    return views.target(targets.add(session, now, actor, pinned.in_force(platform), wanted))


@router.put("/repairs/targets/{target_id}")
def change_target(
    request: Request, target_id: RowId, body: TargetIn, actor: Keeper, session: Write
) -> dict[str, Any]:
    """Change a target; what was asked for already keeps what it was asked with."""
    platform = platform_of(request)
    wanted = targets.Wanted(**body.model_dump())
    now = platform.clock.now()
    return views.target(targets.change(session, now, actor, pinned.in_force(platform), target_id, wanted))


@router.get("/repairs")
def listing(actor: Reader, session: Read, cursor: Cursor = None) -> dict[str, Any]:
    """List runs, the newest first."""
    found, following = queries.listing(session, actor, cursor)
    return {"items": [views.line(row.RepairRun, row.incident) for row in found], "next": following}


@router.get("/repairs/{number}")
def one(number: Number, actor: Reader, session: Read) -> dict[str, Any]:
    """Return a run: what it was to do, who let it, and what it did."""
    return views.whole(queries.detail(session, actor, number))


@router.get("/incidents/{number}/repairs")
def offered(number: Annotated[str, Path(max_length=32)], actor: Reader, session: Read) -> dict[str, Any]:
    """Return the targets that fit an incident, and what was asked for on it."""
    incident = find_visible(session, actor, number)
    offers = [
        views.target(offer.target) | {"problem": offer.problem} for offer in targets.offers(session, incident)
    ]
    runs = [views.line(run, number) for run in queries.of_incident(session, incident.id)]
    return {"offers": offers, "runs": runs}


@router.post("/incidents/{number}/repairs", status_code=201)
def ask(
    request: Request,
    number: Annotated[str, Path(max_length=32)],
    body: AskIn,
    actor: Asker,
    session: Write,
) -> dict[str, Any]:
    """Ask to run a repair; somebody else must approve it."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    run = service.ask(platform, session, now, actor, number, body.target, body.reason)
    return views.whole(queries.detail(session, actor, run.number))


@router.post("/repairs/{number}/decision")
def decide(
    request: Request,
    number: Number,
    body: DecisionIn,
    actor: Annotated[Actor, Depends(require("repair.approve"))],
    session: Write,
) -> dict[str, Any]:
    """Approve, which runs it at once, or refuse."""
    platform = platform_of(request)
    deed = service.approve if body.decision == "approve" else service.refuse
    run = deed(platform, session, platform.clock.now(), actor, number, body.text)
    return views.whole(queries.detail(session, actor, run.number))


@router.post("/repairs/{number}/withdrawal")
def withdraw(request: Request, number: Number, actor: Asker, session: Write) -> dict[str, Any]:
    """Take back what one asked for and nobody has decided."""
    platform = platform_of(request)
    service.withdraw(platform, session, platform.clock.now(), actor, number)
    return views.whole(queries.detail(session, actor, number))


@router.post("/repairs/{number}/stop")
def stop(request: Request, number: Number, actor: Reader, session: Write) -> dict[str, Any]:
    """Stop a run where it is; what it did is not undone."""
    service.stop(session, platform_of(request).clock.now(), actor, number)
    return views.whole(queries.detail(session, actor, number))
