"""The outbox as operations see it: what waits, what died, and a button to try again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Select, select

from kernel import audit, feed
from kernel.edge import PageRouter, Read, RowId, Write, platform_of, require
from kernel.edge.inputs import demand_known
from kernel.errors import Conflict
from kernel.identity.actor import Actor
from kernel.outbox import service
from kernel.outbox.models import STATES, Message
from kernel.outbox.reach.rules import CHANNEL_LABELS, masked
from kernel.platform import Platform
from kernel.web.flash import see_other
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import render

router = PageRouter()
PAGE = 50


@router.get("/outbox")
def listing(
    request: Request,
    session: Read,
    _actor: Annotated[Actor, Depends(require("outbox.read"))],
    state: Annotated[str | None, Query(max_length=10)] = None,
    channel: Annotated[str | None, Query(max_length=20)] = None,
    cursor: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """List outgoing messages, the newest first; their text is not shown here."""
    wanted = _wanted(state, channel, cursor)
    rows = session.scalars(wanted.limit(PAGE + 1)).all()
    return render(
        request,
        "outbox/list.html",
        rows=rows[:PAGE],
        next=rows[PAGE - 1].id if len(rows) > PAGE else None,
        state=state,
        channel=channel,
        depth=service.depth(session),
        **_words(platform_of(request)),
    )


def _wanted(state: str | None, channel: str | None, cursor: int | None) -> Select[tuple[Message]]:
    demand_known("state", state, STATES)
    demand_known("channel", channel, CHANNEL_LABELS)
    wanted = select(Message).where(Message.channel != "inapp").order_by(Message.id.desc())
    if state:
        wanted = wanted.where(Message.state == state)
    if channel:
        wanted = wanted.where(Message.channel == channel)
    return wanted.where(Message.id < cursor) if cursor else wanted


def _words(platform: Platform) -> dict[str, Any]:
    local = platform.settings.smtp_host is None
    return {"local": local, "usable": platform.channels, "labels": CHANNEL_LABELS, "masked": masked}


@router.post("/outbox/{message_id}/retry", dependencies=[Depends(csrf_form)])
def retry(
    request: Request,
    message_id: RowId,
    session: Write,
    _actor: Annotated[Actor, Depends(require("outbox.retry"))],
) -> Response:
    """Put a dead message back into the queue."""
    now = platform_of(request).clock.now()
    if not service.retry(session, now, message_id):
        raise Conflict("这条消息不在失败状态，可能已重新发送。")
    audit.record(session, now, "message.retried", f"message:{message_id}", {})
    feed.announce(session, now, "ops", "/outbox")
    return see_other("/outbox", _("已重新排队。"))
