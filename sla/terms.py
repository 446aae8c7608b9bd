"""The terms page: every clause, its value, its reading and what uses it; and the same by API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from kernel.edge import ApiRouter, PageRouter, include, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render
from sla import pinned
from sla.contract import USERS, Contract

api = ApiRouter(prefix="/contract", tags=["contract"])
pages = PageRouter()
router = APIRouter()

Reader = Annotated[Actor, Depends(require("terms.read"))]


@api.get("")
def contract(request: Request, _actor: Reader) -> dict[str, Any]:
    """Return the contract in force: names used in data and API, clauses, readings."""
    return as_dict(pinned.in_force(platform_of(request)))


def as_dict(found: Contract) -> dict[str, Any]:
    """Return the contract as JSON values."""
    return {
        "key": found.key,
        "number": found.number,
        "title": found.title,
        "digest": found.digest,
        "annual_fee": f"{found.annual_fee:.2f}",
        "payers": [
            {"key": p.key, "name": p.name, "annual_fee": f"{p.annual_fee:.2f}"} for p in found.payers.values()
        ],
        "modules": [asdict(m) for m in found.modules.values()],
        "fault_classes": [
            {
                "key": c.key,
                "name": c.name,
                "limit_seconds": int(c.limit.total_seconds()),
                "article": c.article,
            }
            for c in found.fault_classes.values()
        ],
        "clauses": [asdict(c) for c in found.clauses.values()],
        "readings": [asdict(r) for r in found.readings.values()],
    }


@pages.get("/terms")
def page(request: Request, _actor: Reader) -> Response:
    """Show the contract's terms."""
    return render(request, "sla/terms.html", contract=pinned.in_force(platform_of(request)), users=USERS)


include(router, api, pages)
