"""JSON edge of reviews."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from incidents import queries as incidents
from incidents.reviews import actions, forms, queries, register, rules, service
from kernel.edge import ApiRouter, Read, Write, platform_of, require
from kernel.edge.etags import IfMatch, version_of
from kernel.identity.actor import Actor

router = ApiRouter(tags=["reviews"])
Reader = Annotated[Actor, Depends(require("review.read"))]
Writer = Annotated[Actor, Depends(require("review.write"))]
Decider = Annotated[Actor, Depends(require("review.decide"))]
Doer = Annotated[Actor, Depends(require("review.act"))]
Text = Annotated[str | None, Field(max_length=rules.LONGEST)]


class ReviewIn(BaseModel):
    """Hand a review in."""

    model_config = ConfigDict(extra="forbid")

    cause: str = Field(description=" | ".join(rules.CAUSE_LABELS))
    cause_text: str = Field(max_length=rules.LONGEST)
    found: str = Field(max_length=rules.LONGEST)
    measures: str = Field(max_length=rules.LONGEST)
    prevention: str = Field(max_length=rules.LONGEST)
    lessons: str = Field(default="", max_length=rules.LONGEST)


class DecisionIn(BaseModel):
    """Accept a review or return it with a reason."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["accept", "return"]
    text: Text = None


class ActionIn(BaseModel):
    """Put an action item on the list."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=rules.TITLE_MAX)
    owner: str = Field(max_length=64, description="user name")
    due_at: AwareDatetime


class MoveIn(BaseModel):
    """Let something happen to an action item."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["done", "verified", "reopened", "dropped"]
    text: Text = None


@router.get("/reviews")
def listing(
    request: Request,
    actor: Reader,
    session: Read,
    wanted: Annotated[register.Filter, Depends()],
    cursor: Annotated[str | None, Query(max_length=18)] = None,
) -> dict[str, Any]:
    """List reviews, the newest first."""
    platform = platform_of(request)
    lines, following = register.listing(session, actor, wanted, platform.clock.now(), cursor)
    return {"items": [forms.line_as_dict(line, platform.zone) for line in lines], "next": following}


@router.get("/incidents/{number}/review")
def one(request: Request, response: Response, number: str, actor: Reader, session: Read) -> dict[str, Any]:
    """Return the review of an incident with its action items and entries."""
    return _answer(request, response, session, actor, number)


@router.post("/incidents/{number}/review", status_code=201)
def submit(
    request: Request,
    response: Response,
    number: str,
    body: ReviewIn,
    actor: Writer,
    session: Write,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Hand the review in; 409 when it is with party A, or accepted."""
    platform = platform_of(request)
    incidents.find_visible(session, actor, number)
    content = rules.Content(**body.model_dump())
    version = version_of(if_match)
    service.submit(platform, session, platform.clock.now(), actor, number, content, version)
    return _answer(request, response, session, actor, number)


@router.post("/incidents/{number}/review/decisions", status_code=201)
def decide(
    request: Request,
    response: Response,
    number: str,
    body: DecisionIn,
    actor: Decider,
    session: Write,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Accept the review, or return it with a reason."""
    platform = platform_of(request)
    incidents.find_visible(session, actor, number)
    accepted, version, now = body.decision == "accept", version_of(if_match), platform.clock.now()
    service.decide(
        platform, session, now, actor, number, accepted=accepted, text=body.text, if_version=version
    )
    return _answer(request, response, session, actor, number)


@router.post("/incidents/{number}/review/actions", status_code=201)
def add(
    request: Request, response: Response, number: str, body: ActionIn, actor: Writer, session: Write
) -> dict[str, Any]:
    """Put an action item on the list, with an owner and a deadline."""
    platform = platform_of(request)
    incidents.find_visible(session, actor, number)
    now = platform.clock.now()
    actions.add(platform, session, now, actor, number, body.title, body.owner, body.due_at)
    return _answer(request, response, session, actor, number)


@router.post("/incidents/{number}/review/actions/{seq}", status_code=201)
def move(
    request: Request,
    response: Response,
    number: str,
    seq: Annotated[int, Path(ge=1, le=10_000)],
    body: MoveIn,
    actor: Doer,
    session: Write,
) -> dict[str, Any]:
    """Let something happen to an action item: done, verified, reopened, dropped."""
    platform = platform_of(request)
    incidents.find_visible(session, actor, number)
    now = platform.clock.now()
    actions.move(platform, session, now, actor, number, seq, body.kind, body.text)
    return _answer(request, response, session, actor, number)


def _answer(request: Request, response: Response, session: Any, actor: Actor, number: str) -> dict[str, Any]:
    platform = platform_of(request)
    session.flush()
    found = queries.detail(session, actor, number, platform.clock.now())
    response.headers["ETag"] = f'"{found.review.version if found.review else 0}"'
    return forms.as_dict(found, platform.zone)
