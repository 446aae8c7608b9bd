"""How a download is entered: in a short transaction of its own, committed before the bytes leave."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request, Response

from kernel.crypto import Sm3, sm3_hex
from kernel.disclosure.service import disclose
from kernel.edge.transactions import platform_of
from kernel.identity.actor import Actor
from kernel.platform import Platform

_PIECE = 1 << 20


def disclosed(
    request: Request,
    actor: Actor,
    response: Response,
    kind: str,
    subject: str,
    *,
    records: int = 1,
    form: str = "json",
) -> Response:
    """Enter a finished download and return it; what cannot be entered is not handed out."""
    enter(platform_of(request), actor, bytes(response.body), kind, subject, records=records, form=form)
    return response


def enter(
    platform: Platform, actor: Actor, body: bytes, kind: str, subject: str, *, records: int = 1, form: str
) -> None:
    """Enter what is about to be handed out."""
    with platform.db.write(actor.username) as session:
        now = platform.clock.now()
        disclose(session, now, actor, kind, subject, sm3_hex(body), len(body), records, form=form)


def disclosed_file(
    platform: Platform,
    actor: Actor,
    path: Path,
    kind: str,
    subject: str,
    *,
    records: int,
    purpose: str | None = None,
    form: str,
) -> str:
    """Enter a file that a command has written; returns its SM3."""
    digest = Sm3()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    found, size = digest.hexdigest(), path.stat().st_size
    with platform.db.write(actor.username) as session:
        now = platform.clock.now()
        disclose(session, now, actor, kind, subject, found, size, records, purpose=purpose, form=form)
    return found
