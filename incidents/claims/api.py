"""Claim groups by API."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from incidents.claims import queries, service
from kernel.edge import ApiRouter, Read, Write, platform_of, require
from kernel.edge.inputs import BIGGEST
from kernel.identity.actor import Actor

router = ApiRouter(prefix="/claims", tags=["claims"])
Reader = Annotated[Actor, Depends(require("incident.read"))]
Cursor = Annotated[int | None, Query(ge=1, le=BIGGEST)]


class ClaimIn(BaseModel):
    """Claim an interval for all incidents that were down in it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=40, description="force_majeure | customer")
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    text: str = Field(max_length=4000)


class ClaimDecisionIn(BaseModel):
    """Decide for all undecided incidents, or for those named."""

    model_config = ConfigDict(extra="forbid")

    decision: str = Field(max_length=16, description="approve | refuse")
    incidents: list[str] = Field(default_factory=list, max_length=service.MOST)
    text: str = Field(default="", max_length=4000)


@router.get("")
def listing(request: Request, actor: Reader, session: Read, cursor: Cursor = None) -> dict[str, Any]:
    """List claims, the newest first."""
    groups, following = queries.listing(session, actor, cursor)
    zone = platform_of(request).zone
    return {"items": [as_dict(g, zone) for g in groups], "next": str(following) if following else None}


@router.post("", status_code=201)
def claim(request: Request, body: ClaimIn, actor: Reader, session: Write) -> dict[str, Any]:
    """Claim an exclusion; it changes nothing but the provider's view until party A decides."""
    platform = platform_of(request)
    asked = service.Asked(body.reason, body.start, body.end, body.text)
    made = service.claim(platform, session, platform.clock.now(), actor, asked)
    return as_dict(queries.one(session, actor, made.number), platform.zone)


@router.get("/{number}")
def one(request: Request, number: str, actor: Reader, session: Read) -> dict[str, Any]:
    """Return one claim with its incidents."""
    return as_dict(queries.one(session, actor, number), platform_of(request).zone)


@router.post("/{number}/decisions", status_code=201)
def decide(
    request: Request, number: str, body: ClaimDecisionIn, actor: Reader, session: Write
) -> dict[str, Any]:
    """Decide once for all incidents of the claim, or for each."""
    platform = platform_of(request)
    now = platform.clock.now()
    service.decide(
        platform, session, now, actor, number, body.decision, incidents=body.incidents, text=body.text
    )
    return as_dict(queries.one(session, actor, number), platform.zone)


def as_dict(group: queries.Group, zone: ZoneInfo) -> dict[str, Any]:
    """Return a claim as JSON values."""
    claim = group.claim
    return {
        "number": claim.number,
        "reason": claim.reason,
        "from": claim.from_at.astimezone(zone).isoformat(),
        "to": claim.to_at.astimezone(zone).isoformat(),
        "text": claim.text,
        "claimed_by": claim.actor_name,
        "claimed_at": claim.created_at.astimezone(zone).isoformat(),
        "incidents": [{"number": p.incident.number, "state": p.state} for p in group.parts],
    }
