"""JSON edge of monitoring: probes, a test at once, and the call of a heartbeat."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from incidents.monitoring import queries, service
from incidents.monitoring.queries import Filter, Line
from incidents.monitoring.schemas import ProbeIn
from kernel.edge import ApiRouter, Read, Write, platform_of, public, require
from kernel.errors import NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla import pinned

router = ApiRouter(tags=["probes"])
Reader = Annotated[Actor, Depends(require("probe.read"))]
Manager = Annotated[Actor, Depends(require("probe.manage"))]
Key = Annotated[str, Path(max_length=60)]


class ProbeOut(BaseModel):
    """A probe without its secrets, and where it stands."""

    key: str
    name: str
    kind: str
    spec: dict[str, Any]
    interval: int
    timeout: float
    failures: int
    recoveries: int
    module: str | None
    payer: str | None
    fault_class: str | None
    windows: list[str]
    enabled: bool
    origin: str
    version: int
    state: str
    since: datetime | None
    words: str
    detail: str
    checked_at: datetime | None
    availability: Decimal | None
    """Percent of this month."""


class ProbesOut(BaseModel):
    """A page of probes."""

    items: list[ProbeOut]
    next: str | None


class ResultOut(BaseModel):
    """What one check found."""

    ok: bool
    seconds: float
    words: str
    detail: str


class HeardOut(BaseModel):
    """The heartbeat was heard."""

    probe: str
    at: datetime


def _out(line: Line) -> ProbeOut:
    probe, state = line.probe, line.state
    return ProbeOut(
        **service.as_told(probe),
        origin=probe.origin,
        version=probe.version,
        state=line.shown,
        since=state.since,
        words=_(state.words) if state.words else "",
        detail=state.detail,
        checked_at=state.checked_at,
        availability=line.month,
    )


@router.get("/probes")
def listing(
    request: Request,
    _actor: Reader,
    session: Read,
    wanted: Annotated[Filter, Depends()],
    cursor: Annotated[str | None, Query(max_length=60)] = None,
) -> ProbesOut:
    """List the probes by key."""
    platform = platform_of(request)
    lines, following = queries.listing(session, platform.clock.now(), platform.zone, wanted, cursor)
    return ProbesOut(items=[_out(line) for line in lines], next=following)


@router.get("/probes/{key}")
def one(request: Request, key: Key, _actor: Reader, session: Read) -> ProbeOut:
    """Return one probe."""
    return _out(_line(request, session, key))


@router.post("/probes", status_code=201)
def create(request: Request, body: ProbeIn, actor: Manager, session: Write) -> ProbeOut:
    """Configure a new probe; secrets of its spec are written and never shown."""
    platform = platform_of(request)
    service.create(session, platform.clock.now(), actor, pinned.in_force(platform), body)
    return _out(_line(request, session, body.key))


@router.put("/probes/{key}")
def change(
    request: Request,
    key: Key,
    body: ProbeIn,
    actor: Manager,
    session: Write,
    version: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> ProbeOut:
    """Configure a probe anew; 409 when `version` is stale."""
    platform = platform_of(request)
    service.change(session, platform.clock.now(), actor, pinned.in_force(platform), key, body, version)
    return _out(_line(request, session, key))


@router.post("/probes/{key}/test")
async def test(request: Request, key: Key, _actor: Manager, session: Read) -> ResultOut:
    """Ask once, at once."""
    probe = await run_in_threadpool(service.find, session, key)
    heard = await run_in_threadpool(queries.heard, session, probe.id)
    result = await service.test(platform_of(request), probe, heard)
    return ResultOut(ok=result.ok, seconds=result.seconds, words=_(result.words), detail=result.detail)


@router.post("/heartbeats/{token}")
def beat(
    request: Request,
    token: Annotated[str, Path(max_length=64)],
    _who: Annotated[Actor, Depends(public)],
    session: Write,
) -> HeardOut:
    """Say that you live; the token in the address is all it takes."""
    now = platform_of(request).clock.now()
    return HeardOut(probe=service.hear(session, now, token), at=now)


def _line(request: Request, session: Any, key: str) -> Line:
    platform = platform_of(request)
    found = queries.one(session, key)
    if found is None:
        raise NotFound(_("没有探测 %(key)s。", key=key))
    months = queries.availability(session, platform.clock.now(), platform.zone, [found])
    return Line(*found, months[found[0].id])
