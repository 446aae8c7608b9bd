"""The two kinds of router: JSON under /api/v1, and pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from kernel.edge import idempotency, inputs
from kernel.edge.access import authenticate
from kernel.edge.transactions import platform_of

API = "/api/v1"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Check = Callable[[Request], Coroutine[Any, Any, None]]


class GuardedRoute(APIRoute):
    """A route whose input holds nothing that a database cannot keep."""

    check_input: Check = staticmethod(inputs.check)

    def get_route_handler(self) -> Handler:
        """Wrap the route's handler."""
        return guarded(super().get_route_handler(), self.check_input)


class ApiRoute(GuardedRoute):
    """A route of the API: POSTs honour `Idempotency-Key` inside their own transaction."""

    def get_route_handler(self) -> Handler:
        """Wrap the route's handler; what we do after it still comes before the commit."""
        handle = super().get_route_handler()
        return idempotent(handle) if "POST" in (self.methods or ()) else handle


class BytesRoute(ApiRoute):
    """A route that reads its JSON from the bytes: what comes often and is long is parsed once, not twice."""

    check_input = staticmethod(inputs.check_bytes)


def guarded(handle: Handler, check: Check) -> Handler:
    """Return the handler that looks at its input first."""

    async def wrapped(request: Request) -> Response:
        await check(request)
        return await handle(request)

    return wrapped


def idempotent(handle: Handler) -> Handler:
    """Return the handler that answers a repeated `Idempotency-Key` as it did the first time."""

    async def wrapped(request: Request) -> Response:
        key = idempotency.checked_key(request)
        if key is None:
            return await handle(request)
        digest = idempotency.digest_of(request, await request.body())
        owner = (await authenticate(request)).username
        stored = await run_in_threadpool(idempotency.lookup, request, owner, key, digest)
        if stored is not None:
            return stored
        request.state.idempotency = idempotency.Claim(owner, key, digest)
        response = await handle(request)
        session = getattr(request.state, "session", None)
        if session is not None:
            now = platform_of(request).clock.now()
            await run_in_threadpool(idempotency.store, session, now, owner, key, digest, response)
        return response

    return wrapped


def include(into: APIRouter, *routers: APIRouter) -> None:
    """Add the routes of `routers` as they are.

    FastAPI's own `include_router` works out every route's dependencies once more, for prefixes and defaults
    that nobody gives here: a second for all of them, paid by the first requests of each application.
    """
    for router in routers:
        into.routes.extend(router.routes)


class ApiRouter(APIRouter):
    """Routes of the JSON API; paths are written without the /api/v1 prefix."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(prefix=API + kwargs.pop("prefix", ""), **{"route_class": ApiRoute} | kwargs)


class PageRouter(APIRouter):
    """Routes of HTML pages; they stay out of the OpenAPI document."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(include_in_schema=False, route_class=GuardedRoute, **kwargs)
