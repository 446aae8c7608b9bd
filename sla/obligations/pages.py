"""Pages of the contract's calendar: the year, a fact put on record, the calendar file, the notice letter."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from kernel.disclosure.edge import disclosed
from kernel.edge import FormFields, PageRouter, Read, Write, platform_of, require
from kernel.edge.inputs import BIGGEST, OPEN
from kernel.errors import AppError, Invalid
from kernel.identity.actor import Actor
from kernel.pdf import render_pdf
from kernel.web import ics
from kernel.web.flash import see_other
from kernel.web.forms import FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.obligations import queries, service, views, words
from sla.obligations.facts import KINDS, OUTCOME_LABELS, RECORD
from sla.obligations.letter import letter
from sla.obligations.queries import Filter
from sla.obligations.record import fact_of, rows_of
from sla.obligations.rules import STATE_LABELS, Obligation
from sla.obligations.told import Told

router = PageRouter()

Reader = Annotated[Actor, Depends(require("obligation.read"))]
Recorder = Annotated[Actor, Depends(require(RECORD))]
Word = Annotated[Annotated[str, Field(max_length=16)] | None, OPEN, Query()]
FACTS = 12


@router.get("/obligations")
def page(
    request: Request,
    actor: Reader,
    session: Read,
    state: Word = None,
    owed_by: Word = None,
    before: Annotated[Annotated[int, Field(ge=1, le=BIGGEST)] | None, OPEN, Query()] = None,
) -> Response:
    """Show the calendar, and the record before a row."""
    return _page(request, session, actor, Filter(state, owed_by), before)


@router.post("/obligations/facts", dependencies=[Depends(csrf_form)])
def record(request: Request, form: FormFields, actor: Recorder, session: Write) -> Response:
    """Put a fact on record; on an error the page comes back with what was typed."""
    platform = platform_of(request)
    contract, now = pinned.in_force(platform), platform.clock.now()
    try:
        fact = service.add_fact(platform, session, now, actor, contract, _told(form))
    except AppError as error:
        session.rollback()
        if error.status not in (409, 422):
            raise
        return _page(request, session, actor, Filter(), form=form, error=error)
    return see_other("/obligations", _("已登记：%(what)s", what=_(KINDS[fact.kind].label)))


@router.get("/obligations.ics")
def calendar_file(request: Request, actor: Reader, session: Read) -> Response:
    """Return the calendar for other calendars to read."""
    platform = platform_of(request)
    contract, now = pinned.in_force(platform), platform.clock.now()
    begin(request)
    found = queries.calendar(session, actor, contract, now, Filter())
    entries = [_entry(platform.settings.base_url, contract, each) for each in found if each.due]
    headers = {"Content-Disposition": 'attachment; filename="obligations.ics"'}
    return Response(ics.calendar(contract.title, entries, now), media_type=ics.MIME, headers=headers)


@router.get("/obligations/notices/{number}.pdf")
def notice(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Return a breach notice as a letter to print, sign and send."""
    platform = platform_of(request)
    contract = pinned.in_force(platform)
    begin(request)
    found = queries.notice(session, contract, number)
    content = render_pdf(letter(contract, found), platform.settings.font_dir)
    headers = {"Content-Disposition": f'inline; filename="{found.subject}.pdf"'}
    response = Response(content, media_type="application/pdf", headers=headers)
    return disclosed(request, actor, response, "notice", number, form="pdf")


def _entry(base: str, contract: Any, each: Obligation) -> ics.Entry:
    assert each.due  # noqa: S101 - the caller left out those without
    text = f"{words.article(contract, each.duty.clause)} · {_(words.PARTY_LABELS[each.duty.owed_by])}"
    text = f"{text} · {_(STATE_LABELS[each.state])}\n{words.follows(contract, each)}".strip()
    uid = f"{contract.key}.{each.key.replace(':', '.')}@shoushi"
    title = words.title(contract, each)
    alarms = contract.obligations.remind_days
    return ics.Entry(uid, each.due, title, text, f"{base}/obligations", not each.open, alarms)


def _told(form: FormData) -> Told:
    """Read the form; 422 names what is not a day or a number."""
    values = {name: value for name, value in form.items() if isinstance(value, str) and value.strip()}
    withdraws = values.get("withdraws", "")
    if withdraws and not (withdraws.isdecimal() and int(withdraws) <= BIGGEST):
        raise Invalid.field("withdraws", "没有这条记录。")
    return Told(
        kind=values.get("kind", ""),
        on=_day(values, "on"),
        payer=values.get("payer"),
        instalment=values.get("instalment"),
        subject=values.get("subject"),
        amount=values.get("amount"),
        outcome=values.get("outcome"),
        until=_day(values, "until"),
        text=values.get("text"),
        withdraws=int(withdraws) if withdraws else None,
    )


def _day(values: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(values[name]) if name in values else None
    except ValueError:
        raise Invalid.field(name, "日期应为 2025-03-31 这样的格式。") from None


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    wanted: Filter,
    before: int | None = None,
    *,
    form: FormData | None = None,
    error: AppError | None = None,
) -> Response:
    platform = platform_of(request)
    contract, now = pinned.in_force(platform), platform.clock.now()
    begin(request)
    facts = [fact_of(row) for row in rows_of(session, contract)]
    found = queries.visible(actor, service.assessed(session, contract, facts, now))
    shown = [each for each in found if queries.matches(each, wanted)]
    values = {name: str(form[name]) for name in form} if form else {}
    rows, following = queries.facts(session, actor, contract, before, FACTS)
    return render(
        request,
        "obligations/calendar.html",
        status_code=error.status if error else 200,
        contract=contract,
        today=now.astimezone(platform.zone).date(),
        found=found,
        months=views.months(shown),
        year=views.year(contract, found),
        forms=views.forms(actor, contract, facts, found),
        rows=rows,
        older=following,
        withdrawn={fact.withdraws for fact in facts},
        wanted=wanted,
        words=words,
        views=views,
        kinds=KINDS,
        outcomes=OUTCOME_LABELS,
        states=STATE_LABELS,
        fact_of=fact_of,
        state=FormState.refused(values, error) if error else FormState(values),
    )
