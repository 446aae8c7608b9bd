"""JSON edge of being watched: how the platform is, for anybody; what a watcher saw, by its token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kernel.edge import ApiRouter, Read, Write, platform_of, public, require
from kernel.identity.actor import Actor
from sla.deadlines.watch import AUDIT, ENGINE
from sla.watching import service

router = ApiRouter(tags=["health"])


class HealthOut(BaseModel):
    """How the platform is; nothing in it is secret."""

    now: datetime
    engine_seen_at: datetime | None
    """When the deadline engine was last alive."""
    deadlines_audited_at: datetime | None
    """When all deadlines were last found armed and none late."""


class AbsenceIn(BaseModel):
    """A stretch in which the platform was not there, by the platform's clock."""

    model_config = ConfigDict(extra="forbid")

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    why: Literal["unreachable", "unwell", "silent", "unaudited"] = "unreachable"


class RecordedOut(BaseModel):
    """False says that it was on record already."""

    recorded: bool


@router.get("/health")
def health(request: Request, _who: Annotated[Actor, Depends(public)], session: Read) -> HealthOut:
    """Say when the engine was last alive and the deadlines last in order."""
    known, now = service.seen(session), platform_of(request).clock.now()
    return HealthOut(now=now, engine_seen_at=known.get(ENGINE), deadlines_audited_at=known.get(AUDIT))


@router.post("/blind-time")
def witness(
    request: Request,
    body: AbsenceIn,
    actor: Annotated[Actor, Depends(require("blind.witness"))],
    session: Write,
) -> RecordedOut:
    """Record a stretch that an outside watcher saw; the same again is recorded once."""
    now = platform_of(request).clock.now()
    new = service.witness(session, now, actor, body.start, body.end, body.why)
    return RecordedOut(recorded=new)
