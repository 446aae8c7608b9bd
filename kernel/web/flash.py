"""One message carried over a redirect, shown once as a toast."""

from __future__ import annotations

import json
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

COOKIE = "flash"
LONGEST = 300
KINDS = {"ok", "warn", "error"}


class Flash(NamedTuple):
    """What was done, in the reader's language."""

    kind: str
    text: str


def see_other(url: str, message: str | None = None, kind: Literal["ok", "warn", "error"] = "ok") -> Response:
    """Redirect after a form was accepted, telling what was done."""
    response = RedirectResponse(url, status_code=303)
    if message:
        value = quote(json.dumps([kind, str(message)[:LONGEST]], ensure_ascii=False), safe="")
        response.set_cookie(COOKIE, value, max_age=60, httponly=True, samesite="lax", path="/")
    return response


def read(request: Request) -> list[Flash]:
    """Return the waiting message, if any; anything malformed is ignored."""
    raw = request.cookies.get(COOKIE)
    if not raw:
        return []
    try:
        kind, text = json.loads(unquote(raw))
    except (ValueError, TypeError):
        return []
    return [Flash(kind, text[:LONGEST])] if kind in KINDS and isinstance(text, str) else []


def clear(response: Response) -> None:
    """Forget the message once it is shown."""
    response.delete_cookie(COOKIE, path="/")
