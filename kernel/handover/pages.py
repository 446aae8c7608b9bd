"""The page on which party A asks for its data and fetches it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from kernel.edge import PageRouter, Read, RowId, Write, platform_of, require
from kernel.errors import AppError
from kernel.handover import requests
from kernel.handover.models import STATE_LABELS
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import render

router = PageRouter()
Taker = Annotated[Actor, Depends(require("handover.take"))]
TONES = {"queued": "info", "running": "near", "done": "met", "failed": "over", "expired": "paused"}


@router.get("/handover")
def page(request: Request, _actor: Taker, session: Read) -> Response:
    """Show the handovers and the form for a new one."""
    return _page(request, session)


@router.get("/handover/live")
def live(request: Request, _actor: Taker, session: Read) -> Response:
    """Return the part that changes."""
    return _page(request, session, template="handover/_live.html")


@router.post("/handover", dependencies=[Depends(csrf_form)])
def ask(
    request: Request, actor: Taker, session: Write, purpose: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Ask for a handover; on an error the form comes back as typed."""
    try:
        requests.ask(session, platform_of(request).clock.now(), actor, purpose)
    except AppError as error:
        session.rollback()
        return _page(request, session, FormState.refused({"purpose": purpose}, error), error.status)
    return see_other("/handover", _("已开始准备，完成后可在这里下载。"))


@router.get("/handover/{request_id}.zip")
def fetch(request: Request, request_id: RowId, actor: Taker) -> Response:
    """Fetch a finished handover; entered in the register before the first byte leaves."""
    platform = platform_of(request)
    with platform.db.write(actor.username) as session:
        path, _entry = requests.fetched(platform, session, platform.clock.now(), actor, request_id)
    return FileResponse(path, media_type="application/zip", filename=path.name)


def _page(
    request: Request,
    session: Session,
    state: FormState = EMPTY,
    status: int = 200,
    template: str = "handover/page.html",
) -> Response:
    rows = requests.newest(session)
    return render(request, template, status, rows=rows, state=state, labels=STATE_LABELS, tones=TONES)
