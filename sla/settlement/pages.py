"""Pages of the settlement: all half-years, one half-year with what it rests on, issuing it."""

from __future__ import annotations

from typing import Literal

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from kernel.disclosure.edge import disclosed
from kernel.edge import FormFields, PageRouter, Read, Write, platform_of
from kernel.errors import AppError
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.forms import FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.settlement import files, service
from sla.settlement.api import Half, Issuer, Payer, Reader, Year
from sla.settlement.body import FIGURE_LABELS
from sla.settlement.rules import CHARGE_LABELS, DEDUCT_LABELS

router = PageRouter()


@router.get("/settlements")
def listing(request: Request, actor: Reader, session: Read) -> Response:
    """Show every half-year, and what is final but in none of them."""
    platform = platform_of(request)
    contract = pinned.in_force(platform)
    account = service.current(session, contract, platform.clock.now())
    scopes = actor.scopes("settlement.read")
    return render(
        request,
        "settlement/list.html",
        contract=contract,
        rows=[(each, files.seen(actor, each)) for each in account.positions],
        outside=account.outside if scopes is None else [],
        figures=FIGURE_LABELS,
    )


@router.get("/settlements/{year}/{half}")
def one(request: Request, year: Year, half: Half, actor: Reader, session: Read) -> Response:
    """Show a half-year's statement."""
    return _page(request, session, actor, year, half)


@router.get("/settlements/{year}/{half}/{form}")
def download(
    request: Request,
    year: Year,
    half: Half,
    form: Literal["pdf", "xlsx"],
    actor: Reader,
    session: Read,
    payer: Payer = None,
) -> Response:
    """Return the statement as a file."""
    platform = platform_of(request)
    now = platform.clock.now()
    begin(request)
    found = service.current(session, pinned.in_force(platform), now).position(year, half)
    body = files.seen(actor, found, payer)
    response = files.answer(body, found, form, now, platform.zone, platform.settings.font_dir)
    return disclosed(request, actor, response, "settlement", f"{year}-{half}", form=form)


@router.post("/settlements/{year}/{half}", dependencies=[Depends(csrf_form)])
def issue(
    request: Request, year: Year, half: Half, form: FormFields, actor: Issuer, session: Write
) -> Response:
    """Issue the statement; on an error the page comes back with what was typed."""
    platform = platform_of(request)
    contract, now = pinned.in_force(platform), platform.clock.now()
    version, reason = str(form.get("version", "")), str(form.get("reason", ""))
    seen = int(version) if version.isdecimal() and len(version) < 5 else None
    try:
        service.issue(session, now, actor, contract, year, half, reason=reason, if_version=seen)
    except AppError as error:
        session.rollback()
        if error.status not in (409, 422):
            raise
        return _page(request, session, actor, year, half, reason=reason, error=error)
    return see_other(f"/settlements/{year}/{half}", _("结算单已开具并冻结。"))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    year: int,
    half: int,
    *,
    reason: str = "",
    error: AppError | None = None,
) -> Response:
    platform = platform_of(request)
    now = platform.clock.now()
    found = service.current(session, pinned.in_force(platform), now).position(year, half)
    values = {"reason": reason}
    return render(
        request,
        "settlement/statement.html",
        status_code=error.status if error else 200,
        position=found,
        body=files.seen(actor, found),
        figures=FIGURE_LABELS,
        charge_labels=CHARGE_LABELS,
        deduct_labels=DEDUCT_LABELS,
        state=FormState.refused(values, error) if error else FormState(values),
    )
