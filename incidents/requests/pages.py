"""The page of what awaits party A's decision, and the same by API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from incidents.requests.queries import awaiting
from kernel.edge import ApiRouter, PageRouter, Read, include, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render

pages = PageRouter()
api = ApiRouter(prefix="/decisions", tags=["decisions"])
router = APIRouter()

Reader = Annotated[Actor, Depends(require("decision.read"))]


@pages.get("/decisions")
def page(request: Request, actor: Reader, session: Read) -> Response:
    """Show everything that awaits a decision, the oldest first."""
    platform = platform_of(request)
    found = awaiting(session, actor, platform.clock.now())
    days = platform.settings.reminder_days
    return render(request, "incidents/decisions.html", found=found, days=days)


@api.get("")
def listing(request: Request, actor: Reader, session: Read) -> dict[str, Any]:
    """List everything that awaits a decision of party A, the oldest first."""
    platform = platform_of(request)
    items = [
        {
            "kind": each.kind,
            "subject": each.number,
            "title": each.title,
            "claim": each.claim or None,
            "since": each.since.astimezone(platform.zone).isoformat(),
            "amount": f"{each.amount:.2f}",
            "url": each.url,
        }
        for each in awaiting(session, actor, platform.clock.now())
    ]
    return {"items": items, "next": None}


include(router, api, pages)
