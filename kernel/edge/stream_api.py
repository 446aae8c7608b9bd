"""`GET /api/v1/stream`: the live feed for pages and machines."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import StreamingResponse

from kernel.edge.access import require
from kernel.edge.routes import ApiRouter
from kernel.edge.straight import StraightRoute
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from kernel.web.sse import stream

LONGEST = 200
_TOPICS = {
    "name": "topics",
    "in": "query",
    "description": "comma-separated; empty for all",
    "schema": {"type": "string", "maxLength": LONGEST, "default": ""},
}

router = ApiRouter(tags=["stream"], route_class=StraightRoute)


async def _topics(request: Request) -> list[str]:
    named = request.query_params.get("topics", "")
    if len(named) > LONGEST:
        raise Invalid.field("topics", _("最多%(most)s字。", most=LONGEST))
    return [topic for topic in named.split(",") if topic]


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
    openapi_extra={"parameters": [_TOPICS]},
)
async def live(
    request: Request,
    _actor: Annotated[Actor, Depends(require("account.self"))],
    topics: Annotated[list[str], Depends(_topics)],
) -> StreamingResponse:
    """Stream changes as server-sent events: id, type and URL; replays after `Last-Event-ID`."""
    return stream(request, request.app.state.feed, topics)
