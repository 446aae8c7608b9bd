"""The shell's own routes: static files, the server's time, the live stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from kernel.edge.access import public, require
from kernel.errors import NotFound
from kernel.web.sse import stream
from kernel.web.static import Assets

router = APIRouter(include_in_schema=False)


@router.get("/static/{version}/{name:path}", dependencies=[Depends(public)])
def static_file(request: Request, version: str, name: str) -> Response:
    """Return a static file."""
    assets: Assets = request.app.state.assets
    response = assets.respond(request, version, name)
    if response is None:
        raise NotFound("没有这个文件。")
    return response


@router.get("/clock", dependencies=[Depends(public)])
def clock(request: Request) -> dict[str, str | float]:
    """Tell the server's time and pace, so that countdowns correct themselves."""
    server = request.app.state.shoushi.clock
    return {"now": server.now().isoformat(timespec="milliseconds"), "speed": server.speed}


@router.get("/stream", dependencies=[Depends(require("account.self"))])
async def live(request: Request, topics: Annotated[str, "comma-separated"] = "") -> StreamingResponse:
    """Stream changes to pages."""
    return stream(request, request.app.state.feed, filter(None, topics.split(",")))
