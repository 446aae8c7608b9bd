"""JSON edge of drills: plan, decide, run, and read what happened."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from drills import evaluation, items, plan, queries, service, views
from kernel.disclosure.edge import disclosed
from kernel.edge import ApiRouter, Body, Read, Write, platform_of, require
from kernel.identity.actor import Actor

router = ApiRouter(tags=["drills"])
Reader = Annotated[Actor, Depends(require("drill.read"))]
Planner = Annotated[Actor, Depends(require("drill.plan"))]
Number = Annotated[str, Path(max_length=20)]


class PlanIn(Body):
    """A plan as YAML text."""

    plan: str = Field(min_length=1, max_length=plan.LONGEST, description="YAML, see docs/drills.md")


class DecisionIn(Body):
    """Approve a plan or send it back."""

    decision: Literal["approve", "reject"]
    text: str = Field(max_length=service.TEXT_MAX)


class TextIn(Body):
    """Words that go with a deed."""

    text: str = Field(default="", max_length=service.TEXT_MAX)


class StepIn(TextIn):
    """A step that people have done."""

    step: str = Field(max_length=40)


class SheetIn(Body):
    """The evaluation."""

    execution: str
    plan: str
    command: str
    responders: str
    equipment: str
    communication: str
    conclusion: str
    findings: str = Field(max_length=evaluation.LONGEST)
    advice: str = Field(default="", max_length=evaluation.LONGEST)


class ItemIn(Body):
    """An improvement item."""

    title: str = Field(min_length=1, max_length=200)
    owner: str = Field(max_length=64)
    due_at: AwareDatetime


class MoveIn(TextIn):
    """Something that happens to an item."""

    kind: Literal["done", "verified", "reopened", "dropped"]
    redrill: str | None = Field(default=None, max_length=20)


@router.get("/drills")
def listing(
    request: Request,
    _actor: Reader,
    session: Read,
    wanted: Annotated[queries.Filter, Depends()],
    cursor: Annotated[str | None, Query(max_length=18)] = None,
) -> dict[str, Any]:
    """List drills, the newest first."""
    zone = platform_of(request).zone
    found, following = queries.listing(session, zone, wanted, cursor)
    return {"items": [views.line(drill, zone) for drill in found], "next": following}


@router.post("/drills", status_code=201)
def draft(request: Request, body: PlanIn, actor: Planner, session: Write) -> dict[str, Any]:
    """Keep a new plan as a draft; 422 names what is wrong with it."""
    platform = platform_of(request)
    found = service.draft(platform, session, platform.clock.now(), actor, body.plan)
    return _answer(request, session, found.number)


@router.get("/drills/{number}")
def one(request: Request, number: Number, _actor: Reader, session: Read) -> dict[str, Any]:
    """Return a drill with its plan, log, result and items."""
    return _answer(request, session, number)


@router.get("/drills/{number}/evidence")
def evidence(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Return the file that `shoushi verify` checks."""
    platform = platform_of(request)
    found = queries.detail(platform, session, number, platform.clock.now())
    return disclosed(request, actor, JSONResponse(views.evidence(found)), "drill", number)


@router.put("/drills/{number}/plan")
def revise(request: Request, number: Number, body: PlanIn, actor: Planner, session: Write) -> dict[str, Any]:
    """Replace the plan; what was approved of it is void."""
    platform = platform_of(request)
    service.revise(platform, session, platform.clock.now(), actor, number, body.plan)
    return _answer(request, session, number)


@router.post("/drills/{number}/submission", status_code=201)
def submit(request: Request, number: Number, actor: Planner, session: Write) -> dict[str, Any]:
    """Ask party A to approve."""
    platform = platform_of(request)
    service.submit(platform, session, platform.clock.now(), actor, number)
    return _answer(request, session, number)


@router.post("/drills/{number}/decision", status_code=201)
def decide(
    request: Request,
    number: Number,
    body: DecisionIn,
    actor: Annotated[Actor, Depends(require("drill.approve"))],
    session: Write,
) -> dict[str, Any]:
    """Approve or send back, for party A."""
    platform, approved = platform_of(request), body.decision == "approve"
    service.decide(platform, session, platform.clock.now(), actor, number, approved=approved, text=body.text)
    return _answer(request, session, number)


@router.post("/drills/{number}/countersignature", status_code=201)
def countersign(
    request: Request,
    number: Number,
    body: TextIn,
    actor: Annotated[Actor, Depends(require("drill.countersign"))],
    session: Write,
) -> dict[str, Any]:
    """Agree, for party B's management, that production is touched."""
    service.countersign(session, platform_of(request).clock.now(), actor, number, body.text)
    return _answer(request, session, number)


@router.post("/drills/{number}/withdrawal", status_code=201)
def withdraw(
    request: Request, number: Number, body: TextIn, actor: Planner, session: Write
) -> dict[str, Any]:
    """Give the plan up."""
    service.withdraw(session, platform_of(request).clock.now(), actor, number, body.text)
    return _answer(request, session, number)


Runner = Annotated[Actor, Depends(require("drill.run"))]


@router.post("/drills/{number}/arming", status_code=202)
def arm(request: Request, number: Number, actor: Runner, session: Write) -> dict[str, Any]:
    """Take the targets and let a conductor get ready; 409 says why it must not begin."""
    platform = platform_of(request)
    service.request_arming(platform, session, platform.clock.now(), actor, number)
    return _answer(request, session, number)


@router.post("/drills/{number}/start", status_code=202)
def start(request: Request, number: Number, actor: Runner, session: Write) -> dict[str, Any]:
    """Give the order to begin."""
    service.request_start(session, platform_of(request).clock.now(), actor, number)
    return _answer(request, session, number)


@router.post("/drills/{number}/abort", status_code=202)
def abort(
    request: Request,
    number: Number,
    body: TextIn,
    actor: Annotated[Actor, Depends(require("drill.abort"))],
    session: Write,
) -> dict[str, Any]:
    """Give the order to stop and go back; giving it twice changes nothing."""
    service.request_abort(session, platform_of(request).clock.now(), actor, number, body.text)
    return _answer(request, session, number)


@router.post("/drills/{number}/notes", status_code=201)
def note(
    request: Request,
    number: Number,
    body: TextIn,
    actor: Annotated[Actor, Depends(require("drill.note"))],
    session: Write,
) -> dict[str, Any]:
    """Write down what somebody saw."""
    service.note(session, platform_of(request).clock.now(), actor, number, body.text)
    return _answer(request, session, number)


@router.post("/drills/{number}/steps", status_code=201)
def step(
    request: Request,
    number: Number,
    body: StepIn,
    actor: Annotated[Actor, Depends(require("drill.act"))],
    session: Write,
) -> dict[str, Any]:
    """Record that people have done a step."""
    platform = platform_of(request)
    service.step_done(platform, session, platform.clock.now(), actor, number, body.step, body.text)
    return _answer(request, session, number)


@router.post("/drills/{number}/rollback", status_code=202)
def rollback(request: Request, number: Number, actor: Runner, session: Write) -> dict[str, Any]:
    """Ask for the way back to be tried once more."""
    service.retry_rollback(session, platform_of(request).clock.now(), actor, number)
    return _answer(request, session, number)


@router.post("/drills/{number}/undone", status_code=202)
def undone(request: Request, number: Number, body: StepIn, actor: Runner, session: Write) -> dict[str, Any]:
    """Record that somebody has undone a step by hand."""
    platform = platform_of(request)
    service.undone_by_hand(platform, session, platform.clock.now(), actor, number, body.step, body.text)
    return _answer(request, session, number)


@router.post("/drills/{number}/evaluation", status_code=201)
def evaluate(
    request: Request,
    number: Number,
    body: SheetIn,
    actor: Annotated[Actor, Depends(require("drill.evaluate"))],
    session: Write,
) -> dict[str, Any]:
    """Hand in the evaluation."""
    platform = platform_of(request)
    evaluation.evaluate(platform, session, platform.clock.now(), actor, number, body.model_dump())
    return _answer(request, session, number)


@router.post("/drills/{number}/signatures", status_code=201)
def sign(
    request: Request,
    number: Number,
    body: TextIn,
    actor: Annotated[Actor, Depends(require("drill.sign"))],
    session: Write,
) -> dict[str, Any]:
    """Sign for one's party."""
    platform = platform_of(request)
    evaluation.sign(platform, session, platform.clock.now(), actor, number, body.text)
    return _answer(request, session, number)


Worker = Annotated[Actor, Depends(require("drill.item"))]


@router.post("/drills/{number}/items", status_code=201)
def add_item(request: Request, number: Number, body: ItemIn, actor: Worker, session: Write) -> dict[str, Any]:
    """Put an improvement item on the list."""
    platform = platform_of(request)
    now = platform.clock.now()
    items.add(platform, session, now, actor, number, body.title, body.owner, body.due_at)
    return _answer(request, session, number)


@router.post("/drills/{number}/items/{seq}", status_code=201)
def move_item(
    request: Request,
    number: Number,
    seq: Annotated[int, Path(ge=1, le=10_000)],
    body: MoveIn,
    actor: Worker,
    session: Write,
) -> dict[str, Any]:
    """Let something happen to an item."""
    platform = platform_of(request)
    move = items.Move(body.kind, body.text, body.redrill)
    items.move(platform, session, platform.clock.now(), actor, number, seq, move)
    return _answer(request, session, number)


@router.post("/drills/{number}/closing", status_code=201)
def close(
    request: Request,
    number: Number,
    actor: Annotated[Actor, Depends(require("drill.approve"))],
    session: Write,
) -> dict[str, Any]:
    """End it, once every item is verified."""
    evaluation.close(session, platform_of(request).clock.now(), actor, number)
    return _answer(request, session, number)


def _answer(request: Request, session: Any, number: str) -> dict[str, Any]:
    platform = platform_of(request)
    session.flush()
    found = queries.detail(platform, session, number, platform.clock.now())
    return views.whole(found, platform.zone)
