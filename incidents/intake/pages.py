"""The list of alerts: firing and past, each with its incident and the rule of its class."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from incidents.intake import queries, views
from incidents.views import Names
from kernel.edge import PageRouter, Read, in_query, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render
from sla import pinned

router = PageRouter()


@router.get("/alerts")
def listing(
    request: Request,
    actor: Annotated[Actor, Depends(require("alert.read"))],
    session: Read,
    wanted: Annotated[queries.Filter, Depends(in_query(queries.Filter))],
    cursor: Annotated[str | None, Query(max_length=18)] = None,
) -> Response:
    """List alerts."""
    rows, following = queries.listing(session, actor, wanted, cursor)
    contract = pinned.in_force(platform_of(request))
    return render(
        request,
        "intake/alerts.html",
        rows=rows,
        next=following,
        wanted=wanted,
        contract=contract,
        names=Names(contract),
        statuses=list(views.STATUS_LABELS),
        **views.SHARED,
    )
