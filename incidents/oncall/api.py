"""Pages of an incident by API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from incidents import queries as incidents
from incidents.oncall import queries
from kernel.edge import ApiRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.identity.directory import people_by_id

router = ApiRouter(prefix="/incidents", tags=["incidents"])


@router.get("/{number}/pages")
def listing(
    request: Request, number: str, actor: Annotated[Actor, Depends(require("incident.read"))], session: Read
) -> dict[str, Any]:
    """Return who was called when, on which rung of the ladder."""
    zone = platform_of(request).zone
    rows = queries.pages(session, incidents.find_visible(session, actor, number).id)
    names = {p.id: p.username for p in people_by_id(session, {r.person_id for r in rows})}
    items = [
        {
            "clock": row.clock,
            "rung": row.rung,
            "due_at": row.due_at.astimezone(zone).isoformat(),
            "at": row.at.astimezone(zone).isoformat(),
            "username": names.get(row.person_id),
            "target": row.target,
        }
        for row in rows
    ]
    return {"items": items, "next": None}
