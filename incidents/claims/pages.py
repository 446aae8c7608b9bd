"""Claim groups as pages: list, claim, decide."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from incidents import forms
from incidents.claims import queries, service
from incidents.claims.api import Cursor, Reader
from incidents.views import CLAIM_WORDS
from kernel.edge import FormFields, PageRouter, Read, Write, platform_of, require
from kernel.errors import AppError, Invalid
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.forms import FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla.events import REASONS

router = PageRouter()
Handler = Annotated[Actor, Depends(require("incident.handle"))]
Decider = Annotated[Actor, Depends(require("incident.decide"))]
checked = Depends(csrf_form)


@router.get("/claims")
def listing(request: Request, actor: Reader, session: Read, cursor: Cursor = None) -> Response:
    """List claims."""
    groups, following = queries.listing(session, actor, cursor)
    return render(request, "incidents/claims.html", groups=groups, next=following, reasons=REASONS)


@router.get("/claims/new")
def new(request: Request, _actor: Handler) -> Response:
    """Show the form."""
    return _form(request, FormData(), None)


@router.post("/claims", dependencies=[checked])
def claim(request: Request, form: FormFields, actor: Handler, session: Write) -> Response:
    """Claim; on an error the form comes back with what was typed."""
    platform = platform_of(request)
    try:
        made = service.claim(platform, session, platform.clock.now(), actor, _asked(request, form))
    except AppError as error:
        session.rollback()
        return _form(request, form, error)
    return see_other(f"/claims/{made.number}", _("已提出申请，等待甲方决定。"))


def _asked(request: Request, form: FormData) -> service.Asked:
    zone = platform_of(request).zone
    start, end = (forms.local_time(forms.text(form, name), name, zone) for name in ("from", "to"))
    if start is None or end is None:
        raise Invalid.field("from" if start is None else "to", "请填写起止时间。")
    return service.Asked(forms.text(form, "reason"), start, end, forms.text(form, "text"))


def _form(request: Request, form: FormData, error: AppError | None) -> Response:
    state = forms.state_of(form, error)
    status = error.status if error else 200
    return render(request, "incidents/claim_new.html", status_code=status, state=state, reasons=REASONS)


@router.get("/claims/{number}")
def one(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Show one claim."""
    return _page(request, session, actor, number)


@router.post("/claims/{number}/decisions", dependencies=[checked])
def decide(request: Request, number: str, form: FormFields, actor: Decider, session: Write) -> Response:
    """Decide; on an error the page comes back with what was typed."""
    platform = platform_of(request)
    wanted, chosen = forms.text(form, "decision"), forms.texts(form, "incidents")
    text, now = forms.text(form, "text"), platform.clock.now()
    try:
        if not chosen:
            raise Invalid.field("incidents", "请选择要决定的故障。")
        service.decide(platform, session, now, actor, number, wanted, incidents=chosen, text=text)
    except AppError as error:
        session.rollback()
        return _page(request, session, actor, number, form=form, error=error)
    return see_other(f"/claims/{number}", _("已登记。双方均可见。"))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    *,
    form: FormData | None = None,
    error: AppError | None = None,
) -> Response:
    begin(request)
    group = queries.one(session, actor, number)
    shown: dict[str, Any] = {"group": group, "reasons": REASONS, "words": CLAIM_WORDS}
    everything = {"incidents": [p.incident.number for p in group.parts if p.state == "claimed"]}
    state = forms.state_of(form, error) if form else FormState(everything)
    return render(
        request, "incidents/claim.html", status_code=error.status if error else 200, state=state, **shown
    )
