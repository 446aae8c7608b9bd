"""Builds the web application of a platform from the manifests."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from kernel.edge import docs_page, health, stream_api
from kernel.edge.routes import include
from kernel.edge.straight import ShortWay, StraightRoute
from kernel.feed import DatabaseFeed
from kernel.manifest import resolve
from kernel.platform import Platform
from kernel.web import install

COLLECT_AFTER = (10_000, 20, 20)
"""A request makes some hundreds of objects, and hardly any in circles: they are looked for less often."""
Start = Callable[[], Callable[[], None]]
"""Starts something beside the web (the worker) and returns how to stop it."""


def build_app(platform: Platform, beside: Start | None = None) -> FastAPI:
    """Return the application; `beside` is started with it and stopped with it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop = beside() if beside else None
        to_thread.current_default_thread_limiter().total_tokens = threads_of(platform)
        gc.collect()
        gc.set_threshold(*COLLECT_AFTER)
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
        separate_input_output_schemas=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are Prometheus metrics
    )
    app.state.platform = platform
    app.state.feed = DatabaseFeed(platform.db)
    routers = [health.router, stream_api.router, docs_page.router]
    routers += [resolve(router) for manifest in platform.catalogue.manifests for router in manifest.routers]
    include(app.router, *routers)
    straight = [route for router in routers for route in router.routes if isinstance(route, StraightRoute)]
    app.add_middleware(ShortWay, routes=straight)  # inside all guards, which are added after it
    install(app, platform)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def threads_of(platform: Platform) -> int:
    """Return how many requests may be worked on at once in this process.

    On SQLite nothing waits for a network: threads only take turns at one interpreter, and each row read
    hands it over. Few of them hand it over less often; three, so that one long export leaves two.
    """
    return platform.settings.web_threads or (3 if platform.db.is_sqlite else 40)


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with problem documents as every error's form and bearer tokens."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = PROBLEM
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path in document["paths"].values():
            for operation in path.values():
                for status, words in ERRORS.items():
                    operation["responses"][str(status)] = _problem(words)
        app.openapi_schema = document
    return app.openapi_schema


ERRORS = {
    400: "The request cannot be read",
    401: "Nobody is logged in, or the token is invalid",
    403: "The actor has no right to this",
    404: "There is no such thing",
    405: "The path has no such method",
    409: "Impossible in the present state, or a stale version",
    413: "The body is too large",
    422: "The input breaks a rule; `errors` names the fields",
    503: "Not possible now; try again after Retry-After",
}
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457 problem details",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}
