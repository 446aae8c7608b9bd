"""Builds the web application of a platform from the manifests."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from kernel.edge import health, stream_api
from kernel.feed import DatabaseFeed
from kernel.manifest import resolve
from kernel.platform import Platform
from kernel.web import install

Start = Callable[[], Callable[[], None]]
"""Starts something beside the web (the worker) and returns how to stop it."""


def build_app(platform: Platform, beside: Start | None = None) -> FastAPI:
    """Return the application; `beside` is started with it and stopped with it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop = beside() if beside else None
        gc.collect()
        gc.freeze()  # what lives from here on is scanned no more: p99 falls to a fifth
        try:
            yield
        finally:
            if stop:
                stop()

    app = FastAPI(
        title="守时 Shoushi",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=PROBLEMS,
        separate_input_output_schemas=False,
    )
    app.state.platform = platform
    app.state.feed = DatabaseFeed(platform.db)
    app.include_router(health.router)
    app.include_router(stream_api.router)
    for manifest in platform.catalogue.manifests:
        for router in manifest.routers:
            app.include_router(resolve(router))
    install(app, platform)
    return app


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, words in {
        401: "Nobody is logged in, or the token is invalid",
        403: "The actor has no right to this",
        404: "There is no such thing",
        409: "Impossible in the present state, or a stale version",
        413: "The body is too large",
        422: "The input breaks a rule; `errors` names the fields",
        503: "Not possible now; try again after Retry-After",
    }.items()
}
