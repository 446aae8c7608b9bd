"""Liveness, readiness with reasons, and metrics."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kernel.db.migrate import current, head
from kernel.edge.access import public
from kernel.edge.transactions import platform_of
from kernel.identity.actor import Actor
from kernel.manifest import resolve

router = APIRouter()
Anybody = Annotated[Actor, Depends(public)]


@router.get("/healthz", include_in_schema=False)
def healthz(_who: Anybody) -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get("/readyz", include_in_schema=False)
def readyz(request: Request, _who: Anybody) -> JSONResponse:
    """Say whether requests can be served, and if not, why."""
    database = platform_of(request).db
    reasons = []
    try:
        with database.read() as session:
            session.execute(text("SELECT 1"))
        if current(database) != head():
            reasons.append("database schema is not current: run `shoushi init`")
    except SQLAlchemyError as error:
        reasons.append(f"database: {type(error).__name__}")
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, _who: Anybody) -> Response:
    """Return the Prometheus text exposition, with the gauges computed now."""
    platform = platform_of(request)
    with platform.metrics.scraping:
        platform.metrics.forget()
        for manifest in platform.catalogue.manifests:
            for gauge in manifest.gauges:
                resolve(gauge)(platform)
        shown = platform.metrics.render()
    return Response(shown, media_type="text/plain; version=0.0.4; charset=utf-8")
