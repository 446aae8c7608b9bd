"""One's own addresses and wishes: the section of /account, and a test message by every way."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from kernel.edge import FormFields, PageRouter, Read, Write, platform_of, require
from kernel.errors import AppError
from kernel.identity.actor import Actor
from kernel.identity.directory import people_by_id
from kernel.identity.models import Person
from kernel.outbox.reach import rules, service
from kernel.outbox.service import Draft, enqueue
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import render

router = PageRouter()
Self = Annotated[Actor, Depends(require("account.self"))]
checked = Depends(csrf_form)


@router.get("/account/contacts")
def show(request: Request, actor: Self, session: Read) -> Response:
    """Show one's addresses and which channel is wanted for what."""
    return _page(request, session, actor, EMPTY)


@router.post("/account/contacts", dependencies=[checked])
def save(request: Request, form: FormFields, actor: Self, session: Write) -> Response:
    """Keep them; on an error they come back as typed."""
    typed = {name: str(form.get(name, "")).strip() for name in ("phone", *rules.ROBOTS)}
    wanted = {kind: [str(c) for c in form.getlist(kind)] for kind in rules.KIND_LABELS}
    muted = {kind: [c for c in rules.OUTSIDE if c not in wanted[kind]] for kind in wanted}
    robots = {name: typed[name] for name in rules.ROBOTS}
    now = platform_of(request).clock.now()
    try:
        service.save(session, now, session.get_one(Person, actor.person_id), typed["phone"], robots, muted)
    except AppError as error:
        session.rollback()
        return _page(request, session, actor, FormState.refused(typed | wanted, error), error.status)
    return see_other("/account/contacts", _("联系方式已保存。"))


@router.post("/account/contacts/test", dependencies=[checked])
def test(request: Request, actor: Self, session: Write) -> Response:
    """Send oneself a message by every way."""
    platform = platform_of(request)
    now = platform.clock.now()
    me = people_by_id(session, [actor.person_id or 0])
    drafts = [
        Draft(
            f"test:{person}:{channel}:{now:%Y%m%d%H%M%S}", f"test:{person}", channel, address,
            "【测试】守时消息渠道", "收到本条消息，说明该渠道可用。", person, "/account/contacts",
        )
        for person, known in service.addresses(platform, session, me).items()
        for channel, address in known.items()
    ]  # fmt: skip
    enqueue(session, now, drafts)
    return see_other("/account/contacts", _("已发出%(n)s条测试消息。", n=len(drafts)))


def _page(request: Request, session: Session, actor: Actor, state: FormState, status: int = 200) -> Response:
    platform = platform_of(request)
    person = session.get_one(Person, actor.person_id)
    contacts, muted = service.wishes(session, person.id)
    saved: dict[str, Any] = {"phone": person.phone or "", **contacts}
    saved |= {kind: [c for c in rules.OUTSIDE if c not in muted[kind]] for kind in rules.KIND_LABELS}
    known = service.addresses(platform, session, people_by_id(session, [person.id])).get(person.id, {})
    shown: dict[str, Any] = {
        "person": person,
        "known": known,
        "state": state if state.wrong else FormState(saved),
        "kinds": rules.KIND_LABELS,
        "labels": rules.CHANNEL_LABELS,
        "robots": rules.ROBOTS,
        "outside": rules.OUTSIDE,
        "floor": rules.FLOOR,
        "usable": platform.channels,
    }
    return render(request, "outbox/contacts.html", status_code=status, **shown)
