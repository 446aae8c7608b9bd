"""The ledger as pages: the list with its sums, one penalty with its life and what the reader may decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.orm import Session

from kernel.edge import PageRouter, Read, Write, platform_of
from kernel.edge.inputs import RowIdField
from kernel.errors import AppError
from kernel.identity.actor import Actor
from kernel.identity.directory import names_of
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.penalties import actions, queries, rules, service, views
from sla.penalties.api import Cursor, Limits, Reader, State

router = PageRouter()
Text = Annotated[str, Form()]


@router.get("/penalties")
def page(
    request: Request,
    actor: Reader,
    session: Read,
    period: Limits,
    state: State = None,
    cursor: Cursor = None,
) -> Response:
    """Show the ledger."""
    rows, following = queries.listing(session, actor, state, cursor, period=period)
    return render(
        request,
        "sla/penalties.html",
        rows=rows,
        next=following,
        state=state,
        labels=rules.STATE_LABELS,
        tones=views.TONES,
        totals=queries.totals(session, actor, period),
    )


@router.get("/penalties/{number}")
def one(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Show one penalty: its life, its lines and the verdict each rests on."""
    return _page(request, session, actor, number)


@router.post("/penalties/{number}/decisions", dependencies=[Depends(csrf_form)])
def decide(
    request: Request,
    number: str,
    actor: Reader,
    session: Write,
    decision: Text,
    version: RowIdField,
    reason: Text = "",
) -> Response:
    """Decide; on an error the page comes back with what was typed."""
    platform = platform_of(request)
    now = platform.clock.now()
    try:
        service.decide(platform, session, now, actor, number, decision, reason=reason, if_version=version)
    except AppError as error:
        session.rollback()
        return _refused(request, session, actor, number, error, decision, reason)
    return see_other(f"/penalties/{number}", _("已登记。双方均可见。"))


def _refused(
    request: Request, session: Session, actor: Actor, number: str, error: AppError, decision: str, reason: str
) -> Response:
    if error.status not in (409, 422):
        raise error
    typed = FormState.refused({"reason": reason}, error)
    return _page(request, session, actor, number, error.status, decision, typed)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    status: int = 200,
    failed: str = "",
    typed: FormState = EMPTY,
) -> Response:
    penalty, case, lines = queries.one(session, actor, number)
    verdicts = queries.verdicts_of(session, case.id)
    names = names_of(session, (line.actor for line in lines))
    days = pinned.version(session, case.contract).penalty.contest_days
    begin(request)
    return render(
        request,
        "sla/penalty.html",
        status_code=status,
        penalty=penalty,
        case=case,
        lines=lines,
        labels=rules.STATE_LABELS,
        types={kind: _(word) for kind, word in rules.ENTRY_LABELS.items()},
        tones=views.TONES,
        steps=views.steps(penalty, lines, names),
        entries=views.timeline(lines, verdicts, names),
        actions=actions.offered(penalty, actor, days, platform_of(request).clock.now()),
        failed=failed,
        typed=typed,
        blank=EMPTY,
    )
