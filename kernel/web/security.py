"""Pure ASGI guards: security headers, body size, cross-site requests; and the token check of forms."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.edge.access import COOKIE as SESSION_COOKIE
from kernel.edge.access import authenticate
from kernel.edge.scopes import header_of
from kernel.errors import AppError, Forbidden
from kernel.web.problems import respond

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
MEGABYTE = 1024 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Puts the headers on every response; what says nothing about caching is not cached."""

    def __init__(self, app: ASGIApp, https: bool = False) -> None:
        self.app = app
        headers = HEADERS | {"Cache-Control": "no-store"}
        if https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.setdefault("headers", [])
                named = {name for name, _ in own}
                message["headers"] = [*own, *(each for each in self.headers if each[0] not in named)]
            await send(message)

        await self.app(scope, receive, dress)


class TooLarge(AppError):
    """More bytes than we take."""

    status = 413
    code = "too_large"
    title = "内容过大"


class BodyLimit:
    """Refuses bodies over `limit` bytes, whether or not their length was announced."""

    def __init__(self, app: ASGIApp, limit: int = 64 * MEGABYTE) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = header_of(scope, b"content-length") or "0"
        if announced.isdigit() and int(announced) > self.limit:
            error = TooLarge("提交的内容超过了系统允许的大小，请减小附件后重试。")
            await respond(Request(scope, receive), error)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


class SameOrigin:
    """Refuses state-changing requests that another site's page made the browser send.

    Clients that send neither header (scripts) pass: they hold a bearer token, or the form token stops them.
    """

    def __init__(self, app: ASGIApp, base_url: str = "") -> None:
        self.app = app
        self.origins = {_origin(base_url)} if base_url else set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it is cross-site."""
        if scope["type"] == "http" and scope["method"] not in SAFE:
            bearer = is_bearer(header_of(scope, b"authorization") or "")
            if not bearer and self._foreign(Headers(scope=scope), scope["scheme"]):
                error = Forbidden(
                    "这个请求来自别的网站，已拒绝。请回到本系统的页面重新操作。", code="cross_site"
                )
                await respond(Request(scope, receive), error)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _foreign(self, headers: Headers, scheme: str) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        origin = headers.get("origin")
        return origin is not None and origin not in {*self.origins, f"{scheme}://{headers.get('host', '')}"}


def is_bearer(authorization: str) -> bool:
    """Whether the request carries a machine token, which no other site can make a browser send."""
    return authorization[:7].lower() == "bearer "


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def csrf_form(request: Request) -> AsyncIterator[None]:
    """Dependency of every route that changes something by cookie.

    The token comes in the form field `csrf_token` or the header `X-CSRF-Token`. Requests without a session
    cookie or with a bearer token need none. Fails closed when the session has no token.
    """
    by_cookie = SESSION_COOKIE in request.cookies and not is_bearer(request.headers.get("authorization", ""))
    if by_cookie and request.method not in SAFE:
        await authenticate(request)
        expected = getattr(request.state, "csrf", "")
        if not (expected and hmac.compare_digest((await _token(request)).encode(), expected.encode())):
            await request.close()
            raise Forbidden("页面已过期，请刷新后重新提交；您填写的内容会保留在本机。", code="csrf")
    yield
    await request.close()  # the form's files, which the route may have read as well


async def _token(request: Request) -> str:
    header = request.headers.get("x-csrf-token")
    if header is not None:
        return header
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    value = (await request.form()).get("csrf_token", "")
    return value if isinstance(value, str) else ""
