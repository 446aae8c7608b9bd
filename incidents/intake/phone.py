"""The telephone at the duty desk: a caller's words become a report while they speak.

One screen, keyboard only: what was seen, who calls, from where. The caller is the reporter and is answered.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from incidents import forms, reporting
from incidents.pages import checked
from kernel.edge import FormFields, PageRouter, Write, platform_of, require
from kernel.errors import AppError, FieldError, Invalid
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.i18n import gettext as _
from kernel.web.templating import render
from sla import pinned
from sla.contract import Contract

router = PageRouter()
Desk = Annotated[Actor, Depends(require("incident.handle"))]
_NO_CALLER = FieldError("caller", "请填写来电人，工程师要向其答复。")
_NO_NUMBER = FieldError("number", "请填写回电号码。")


@router.get("/incidents/phone")
def form(request: Request, _actor: Desk) -> Response:
    """Show the form for a call."""
    return _page(request, FormData(), None)


@router.post("/incidents/phone", dependencies=[checked])
def take(request: Request, form: FormFields, actor: Desk, session: Write) -> Response:
    """Report what the caller says; on an error the form comes back with what was typed."""
    platform = platform_of(request)
    try:
        contract = pinned.in_force(platform)
        told = call_of(form, contract, platform.zone)
        number = reporting.report(platform, session, platform.clock.now(), actor, told).number
    except AppError as error:
        session.rollback()
        return _page(request, form, error)
    return see_other(f"/incidents/{number}", _("已登记。时钟自此开始计时。"))


def call_of(form: FormData, contract: Contract, zone: ZoneInfo) -> reporting.Report:
    """Read the call; 422 names the fields."""
    caller, number = forms.text(form, "caller"), forms.text(form, "number")
    if missing := [e for said, e in ((caller, _NO_CALLER), (number, _NO_NUMBER)) if not said]:
        raise Invalid(" ".join(_(e.message) for e in missing), errors=missing)
    return reporting.Report(
        title=forms.text(form, "title"),
        fault_class=forms.text(form, "fault_class") or next(iter(contract.fault_classes)),
        modules=forms.texts(form, "modules"),
        payers=forms.texts(form, "payers"),
        reported_at=forms.local_time(forms.text(form, "reported_at"), "reported_at", zone),
        reporter=f"{caller} {number}"[:120],
        text=forms.text(form, "text") or None,
    )


def _page(request: Request, form: FormData, error: AppError | None) -> Response:
    contract = pinned.in_force(platform_of(request))
    status = error.status if error else 200
    state = forms.state_of(form, error)
    return render(request, "intake/phone.html", status_code=status, contract=contract, state=state)
