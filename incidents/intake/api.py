"""JSON edge of alert intake: answered when committed, many requests in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic_core import to_json
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from incidents.intake import formats, service
from incidents.intake.formats import AlertIn, AlertmanagerIn, Taken, described, schema_of
from incidents.intake.rules import Alert
from kernel.db.group import Mergeable
from kernel.edge import ApiRouter, Grouped, platform_of, require
from kernel.edge.grouped import Answer
from kernel.edge.straight import StraightRoute
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.security import TooLarge
from sla import pinned

router = ApiRouter(prefix="/alerts", tags=["alerts"], route_class=StraightRoute)

Sender = Annotated[Actor, Depends(require("alert.send"))]
_ONE = schema_of(AlertIn)
_MANY = {"type": "array", "items": _ONE, "maxItems": formats.MOST}


async def _bytes(request: Request) -> bytes:
    body = await request.body()
    if len(body) > formats.MAX_BYTES:
        raise TooLarge("一次提交的告警不能超过5 MB，请分批提交。")
    return body


Body = Annotated[bytes, Depends(_bytes)]


@router.post(
    "/alertmanager",
    status_code=202,
    response_model=Taken,
    openapi_extra=described(schema_of(AlertmanagerIn)),
)
async def alertmanager(request: Request, _actor: Sender, body: Body, grouped: Grouped) -> Response:
    """Take in a notification of Prometheus Alertmanager, version 4."""
    return await _take(request, grouped, formats.read_alertmanager(body))


@router.post("", status_code=202, response_model=Taken, openapi_extra=described(_ONE, _MANY))
async def generic(request: Request, _actor: Sender, body: Body, grouped: Grouped) -> Response:
    """Take in one alert, or a list of at most 1,000."""
    return await _take(request, grouped, formats.read_generic(body, pinned.in_force(platform_of(request))))


async def _take(request: Request, grouped: Answer, alerts: Sequence[Alert]) -> Response:
    return await grouped(_Receive(platform_of(request), alerts))


class _Receive(Mergeable):
    """The alerts of one request; requests that only repeat are one query and one update together."""

    def __init__(self, platform: Platform, alerts: Sequence[Alert]) -> None:
        self.platform, self.alerts = platform, alerts

    def __call__(self, session: Session) -> Response:
        return self._answer(service.receive(self.platform, session, self.platform.clock.now(), self.alerts))

    @staticmethod
    def together(session: Session, works: Sequence[_Receive]) -> list[Response] | None:
        return _answers(works, partial(service.repeat, session))

    @staticmethod
    def at_once(connection: Connection, works: Sequence[_Receive]) -> list[Response] | None:
        return _answers(works, partial(service.repeat_at_once, connection))

    def _answer(self, numbers: list[str]) -> Response:
        answer = {"accepted": len(self.alerts), "incidents": numbers}
        return Response(to_json(answer), 202, media_type="application/json")


def _answers(works: Sequence[_Receive], repeat: Any) -> list[Response] | None:
    found = repeat(works[0].platform.clock.now(), [each.alerts for each in works])
    if found is None:
        return None
    return [each._answer(numbers) for each, numbers in zip(works, found, strict=True)]
