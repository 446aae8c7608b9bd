"""The language of a request: set before anything else runs, remembered in a cookie when asked for."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.edge.scopes import header_of
from kernel.web.i18n import LANGUAGES, negotiate, use_language
from kernel.web.shell import NOBODY

COOKIE = "lang"
YEAR = 365 * 24 * 3600


def settle(connection: HTTPConnection) -> None:
    """Speak the reader's language from here on; call it again once the actor is known."""
    actor = connection.scope.get("state", {}).get("actor", NOBODY)
    use_language(
        negotiate(
            _asked(connection),
            connection.cookies.get(COOKIE) if header_of(connection.scope, b"cookie") else None,
            actor.language,
            header_of(connection.scope, b"accept-language") or "",
        )
    )


def _asked(connection: HTTPConnection) -> str | None:
    return connection.query_params.get("lang") if connection.scope["query_string"] else None


def switch_urls(connection: HTTPConnection) -> dict[str, str]:
    """Return this page's address in each language."""
    rest = [(key, value) for key, value in connection.query_params.multi_items() if key != "lang"]
    return {code: f"{connection.url.path}?{urlencode([*rest, ('lang', code)])}" for code in LANGUAGES}


class LanguageMiddleware:
    """Sets the language of each request; `?lang=` also sets the cookie."""

    def __init__(self, app: ASGIApp, secure: bool = False) -> None:
        self.app = app
        self.secure = "; Secure" if secure else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in its language."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        settle(connection)
        asked = _asked(connection)
        if asked not in LANGUAGES:
            await self.app(scope, receive, send)
            return

        async def remember(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={asked}; Path=/; Max-Age={YEAR}; SameSite=Lax; HttpOnly{self.secure}"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, remember)
