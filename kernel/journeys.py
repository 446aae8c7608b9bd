"""What a package needs to ship a journey through its own pages: the steps of a person, taken by a probe.

A journey is a coroutine `(session, spec) -> str`, named in the package's manifest (`journeys`): `session` is
an httpx client that is logged in, `spec.page` and `spec.contains` are what the probe's form says, the answer
is a short technical detail. It cleans up what it made, also when a step fails.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

MOST = 1_000_000
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class StepFailed(Exception):
    """A step of the journey did not lead where it should; `str()` says which, in few technical words."""


async def visit(session: httpx.AsyncClient, page: str, contains: str = "") -> str:
    """Open a page that must answer 200 and hold some words; returns its text."""
    async with session.stream("GET", page) as answer:
        text = await read(answer)
    if answer.status_code != 200:
        raise StepFailed(f"{page} HTTP {answer.status_code}")
    if contains not in text:
        raise StepFailed(f"{page}: {contains}")
    return text


async def submit(session: httpx.AsyncClient, page: str, action: str, **fields: Any) -> str:
    """Send the form `action` of a page as a browser does; returns where it leads, an address of ours."""
    found = TOKEN.search(await visit(session, page))
    form = {"csrf_token": found.group(1) if found else "", **fields}
    answer = await session.post(action, data=form, follow_redirects=False)
    if answer.status_code != 303:
        raise StepFailed(f"{action} HTTP {answer.status_code}")
    return answer.headers["location"]


async def read(answer: httpx.Response) -> str:
    """Return the first MOST bytes of the body as text."""
    body = bytearray()
    async for piece in answer.aiter_bytes(65_536):
        body += piece
        if len(body) >= MOST:
            break
    return body[:MOST].decode(answer.charset_encoding or "utf-8", "replace")
