"""Pages of swaps: ask another to take over, answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from kernel.edge import FormFields, PageRouter, RowId, Write, platform_of, require
from kernel.errors import AppError, Invalid
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.i18n import gettext as _
from oa.affairs.duty import forms, swaps
from oa.affairs.duty.forms import Month
from oa.affairs.duty.pages import again, checked

router = PageRouter()
Swapper = Annotated[Actor, Depends(require("duty.swap"))]


@router.post("/duty/{month}/swaps", dependencies=[checked])
def ask(request: Request, month: Month, form: FormFields, actor: Swapper, session: Write) -> Response:
    """Ask for a swap."""
    platform = platform_of(request)
    try:
        span, reason = forms.span(form, platform.zone), forms.text(form, "reason")
        swaps.ask(platform, session, platform.clock.now(), actor, span, reason)
    except AppError as error:
        return again(request, session, actor, month, form, error)
    return see_other(f"/duty?month={month}", _("已发出换班申请，对方同意后生效。"))


@router.post("/duty/swaps/{swap_id}/answer", dependencies=[checked])
def answer(request: Request, swap_id: RowId, form: FormFields, actor: Swapper, session: Write) -> Response:
    """Agree or refuse."""
    platform = platform_of(request)
    decision = forms.text(form, "decision")
    if decision not in ("accept", "refuse"):
        raise Invalid.field("decision", "请从列表中选择。")
    now = platform.clock.now()
    swaps.answer(platform, session, now, actor, swap_id, accepted=decision == "accept")
    return see_other("/duty", _("已换班，立即生效。") if decision == "accept" else _("已答复。"))
