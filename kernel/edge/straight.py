"""The short way for the few routes that are called most: no solver, no search among hundreds of paths.

Such a route is declared like any other and stands in the OpenAPI document. Its parameters may only be the
request, a body that is a model, and dependencies that are async functions of the request; they are made in
the order they stand in. FastAPI's solver and router would cost it more than all else (docs/adr/0008).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.edge.routes import BytesRoute, Handler, guarded, idempotent
from kernel.errors import AppError
from kernel.web.problems import respond

Maker = Callable[[Request], Awaitable[Any]]


class StraightRoute(BytesRoute):
    """A route whose handler calls its dependencies itself."""

    def get_route_handler(self) -> Handler:
        """Return the one handler, whichever way a request comes."""
        handle = guarded(_calling(self.endpoint), self.check_input)
        return idempotent(handle) if "POST" in (self.methods or ()) else handle


def _calling(endpoint: Callable[..., Awaitable[Response]]) -> Handler:
    makers = _makers(endpoint)

    async def handle(request: Request) -> Response:
        return await endpoint(**{name: await make(request) for name, make in makers})

    return handle


def _makers(endpoint: Callable[..., Any]) -> list[tuple[str, Maker]]:
    hints = get_type_hints(endpoint, include_extras=True)
    return [(name, _maker(endpoint, name, hints[name])) for name in inspect.signature(endpoint).parameters]


def _maker(endpoint: Callable[..., Any], name: str, hint: Any) -> Maker:
    if hint is Request:
        return _itself
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return partial(_body, hint)
    for each in getattr(hint, "__metadata__", ()):
        made = each.dependency if isinstance(each, Depends) else None
        if made and any(inspect.iscoroutinefunction(each) for each in (made, type(made).__call__)):
            return made
    raise TypeError(f"{endpoint.__qualname__}: {name} is no async dependency of the request")


async def _itself(request: Request) -> Request:
    return request


async def _body(model: type[BaseModel], request: Request) -> BaseModel:
    """Read the body as FastAPI does, and say what is wrong in its terms."""
    if "json" not in request.headers.get("content-type", "").lower():
        raise RequestValidationError([{"type": "model_attributes_type", "loc": ("body",), "input": None}])
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise RequestValidationError(
            [{**e, "loc": ("body", *e["loc"]) if e["loc"] else ()} for e in found]
        ) from None


class ShortWay:
    """Hands requests for straight routes to their handlers; all others go to the application's router."""

    def __init__(self, app: ASGIApp, routes: Iterable[StraightRoute]) -> None:
        self.app = app
        self.handlers = {(m, r.path): r.get_route_handler() for r in routes for m in r.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refusals in words like everywhere else."""
        handle = self.handlers.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if handle is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await handle(request)
        except (AppError, RequestValidationError, HTTPException) as error:
            response = respond(request, error)
        await response(scope, receive, send)
