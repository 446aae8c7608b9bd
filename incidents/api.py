"""JSON edge of incidents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic_core import to_json
from sqlalchemy.orm import Session

from incidents import queries, reporting, schemas, service
from incidents.evidence import evidence_of
from kernel.db.group import Mergeable
from kernel.disclosure.edge import disclosed
from kernel.edge import ApiRouter, Grouped, Read, RowId, Write, platform_of, require
from kernel.edge.etags import IfMatch, etag, version_of
from kernel.edge.straight import StraightRoute
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.outbox.service import mark_opened
from kernel.platform import Platform

router = ApiRouter(prefix="/incidents", tags=["incidents"])

Reporter = Annotated[Actor, Depends(require("incident.report"))]
Seer = Annotated[Actor, Depends(require("incident.see"))]
Reader = Annotated[Actor, Depends(require("incident.read"))]


async def report(request: Request, actor: Reporter, body: schemas.ReportIn, grouped: Grouped) -> Response:
    """Report a fault; the response clock runs from the earliest knowledge of it."""
    return await grouped(_Report(platform_of(request), actor, reporting.Report(**dict(body))))


class _Report(Mergeable):
    """A report and its answer; those that wait beside it open their incidents together.

    The answer has no words of ours, so it is the same in every reader's language; a refusal is made alone.
    """

    def __init__(self, platform: Platform, actor: Actor, told: reporting.Report) -> None:
        self.platform, self.asked = platform, (actor, told)

    def __call__(self, session: Session) -> Response:
        now = self.platform.clock.now()
        return self._answer(reporting.report(self.platform, session, now, *self.asked))

    @staticmethod
    def together(session: Session, works: Sequence[_Report]) -> list[Response] | None:
        platform = works[0].platform
        try:
            found = reporting.report_all(
                platform, session, platform.clock.now(), [each.asked for each in works]
            )
        except Invalid:
            return None
        return [each._answer(one) for each, one in zip(works, found, strict=True)]

    def _answer(self, found: reporting.Reported) -> Response:
        headers = {"Location": f"/api/v1/incidents/{found.number}", "ETag": etag(found.incident.version)}
        return Response(to_json(schemas.whole(found)), 201, headers, "application/json")


router.add_api_route(
    "",
    report,
    methods=["POST"],
    status_code=201,
    response_model=schemas.IncidentOut,
    route_class_override=StraightRoute,
)


@router.get("", response_model=schemas.IncidentPage)
def listing(
    request: Request,
    actor: Seer,
    session: Read,
    wanted: Annotated[queries.Filter, Depends()],
    cursor: Annotated[str | None, Query(max_length=18)] = None,
    limit: Annotated[int, Query(ge=1, le=queries.MOST)] = queries.PAGE,
) -> Any:
    """List incidents, the newest first."""
    rows, following = queries.listing(session, actor, wanted, cursor, limit)
    zone = platform_of(request).zone
    return {"items": [schemas.brief(i, zone) for i in rows], "next": following}


@router.get("/{number}", response_model=schemas.IncidentOut)
def one(request: Request, response: Response, number: str, actor: Seer, session: Read) -> Any:
    """Return one incident with its log, clocks and verdict as of now."""
    found = queries.detail(session, actor, number, platform_of(request).clock.now())
    response.headers["ETag"] = etag(found.incident.version)
    return schemas.whole(found)


@router.post("/{number}/events", status_code=201, response_model=schemas.IncidentOut)
def happen(
    request: Request,
    response: Response,
    number: str,
    body: schemas.EventIn,
    actor: Reader,
    session: Write,
    if_match: IfMatch = None,
) -> Any:
    """Let an event happen; 409 when it is impossible in the state the incident was in at that time."""
    platform = platform_of(request)
    now = platform.clock.now()
    queries.find_visible(session, actor, number)
    fields = body.model_dump(exclude={"type", "at"}, exclude_none=True)
    service.happen(
        platform, session, now, actor, number, body.type, fields, at=body.at, if_version=version_of(if_match)
    )
    found = queries.detail(session, actor, number, now)
    response.headers["ETag"] = etag(found.incident.version)
    return schemas.whole(found)


@router.get("/{number}/broadcasts", response_model=schemas.BroadcastPage)
def broadcasts(request: Request, number: str, actor: Reader, session: Read) -> Any:
    """Return the slot grid with every recipient's receipt."""
    platform = platform_of(request)
    found = queries.detail(session, actor, number, platform.clock.now())
    slots = [schemas.slot(b, list(found.receipts.get(b.id, ())), platform.zone) for b in found.broadcasts]
    return {"items": slots, "next": None}


@router.post("/{number}/broadcasts/{broadcast_id}/receipt", status_code=204)
def received(request: Request, number: str, broadcast_id: RowId, actor: Reader, session: Write) -> Response:
    """Note that the actor has opened a broadcast in the platform."""
    queries.find_visible(session, actor, number)
    now = platform_of(request).clock.now()
    mark_opened(session, now, actor.person_id or 0, f"broadcast:{broadcast_id}")
    return Response(status_code=204)


@router.get("/{number}/evidence", response_model=dict[str, Any])
def evidence(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Return the file that `shoushi verify FILE` recomputes without a database."""
    found = evidence_of(queries.detail(session, actor, number, platform_of(request).clock.now()))
    return disclosed(request, actor, JSONResponse(found), "evidence", number)
