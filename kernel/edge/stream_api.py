"""`GET /api/v1/stream`: the live feed for pages and machines."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.responses import StreamingResponse

from kernel.edge.access import require
from kernel.edge.routes import ApiRouter
from kernel.identity.actor import Actor
from kernel.web.sse import stream

router = ApiRouter(tags=["stream"])


@router.get(
    "/stream", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}}
)
async def live(
    request: Request,
    _actor: Annotated[Actor, Depends(require("account.self"))],
    topics: Annotated[str, Query(max_length=200, description="comma-separated; empty for all")] = "",
) -> StreamingResponse:
    """Stream changes as server-sent events: id, type and URL; replays after `Last-Event-ID`."""
    return stream(request, request.app.state.feed, filter(None, topics.split(",")))
