"""Pages of the roster: a month, its drafting and publishing, changes, the calendar file."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy.orm import Session

from kernel.edge import FormFields, PageRouter, Read, Write, platform_of, require
from kernel.errors import AppError
from kernel.identity.actor import Actor
from kernel.identity.directory import people_by_id
from kernel.web import ics
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from oa.affairs.duty import forms, queries, rules, service
from oa.affairs.duty.forms import Month

router = PageRouter()
Reader = Annotated[Actor, Depends(require("duty.read"))]
Editor = Annotated[Actor, Depends(require("duty.edit"))]
checked = Depends(csrf_form)
CALENDAR_DAYS = 92


@router.get("/duty")
def page(
    request: Request,
    actor: Reader,
    session: Read,
    month: Annotated[str | None, Query(pattern=forms.MONTH)] = None,
) -> Response:
    """Show who is on duty now and a month of the roster."""
    platform = platform_of(request)
    return show(request, session, actor, month or f"{platform.clock.now().astimezone(platform.zone):%Y-%m}")


@router.post("/duty/{month}", dependencies=[checked])
def save(request: Request, month: Month, form: FormFields, actor: Editor, session: Write) -> Response:
    """Keep a draft; with `publish`, let it count."""
    platform = platform_of(request)
    now = platform.clock.now()
    try:
        service.save(platform, session, now, actor, month, forms.cells(form, month))
        if form.get("publish"):
            service.publish(platform, session, now, actor, month)
    except AppError as error:
        return again(request, session, actor, month, form, error)
    return see_other(f"/duty?month={month}", _("已发布。") if form.get("publish") else _("草稿已保存。"))


@router.post("/duty/{month}/fill", dependencies=[checked])
def fill(request: Request, month: Month, form: FormFields, actor: Editor, session: Write) -> Response:
    """Let people take turns in a role over the month."""
    platform = platform_of(request)
    now = platform.clock.now()
    try:
        people = [forms.number(p, "people") for p in form.getlist("people")]
        every = max(1, forms.number(form.get("every", "1"), "every"))
        service.fill(platform, session, now, actor, month, forms.role(form), people, every)
    except AppError as error:
        return again(request, session, actor, month, form, error)
    return see_other(f"/duty?month={month}", _("已按顺序排班，请检查后发布。"))


@router.post("/duty/{month}/changes", dependencies=[checked])
def change(request: Request, month: Month, form: FormFields, actor: Editor, session: Write) -> Response:
    """Let somebody take over for a time."""
    platform = platform_of(request)
    now = platform.clock.now()
    try:
        span, reason = forms.span(form, platform.zone), forms.text(form, "reason")
        service.take_over(platform, session, now, actor.username, "override", span, reason)
    except AppError as error:
        return again(request, session, actor, month, form, error)
    return see_other(f"/duty?month={month}", _("已调整，立即生效。"))


@router.get("/duty/calendar.ics")
def calendar(request: Request, actor: Reader, session: Read) -> Response:
    """Return the roster of three months, or one's own shifts of them when one has any, as iCalendar."""
    platform = platform_of(request)
    now = platform.clock.now()
    spans = queries.spans(session, now - timedelta(days=1), now + timedelta(days=CALENDAR_DAYS))
    spans = [s for s in spans if s.person == actor.person_id] or spans
    names = _names(session, spans)
    entries = [
        ics.Entry(f"duty-{s.role}-{s.start:%Y%m%d%H%M}@shoushi", s.start,
                  f"{_(rules.ROLE_LABELS[s.role])} {names.get(s.person, '')}", "",
                  f"{platform.settings.base_url}/duty", done=False, until=s.end)
        for s in spans
    ]  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="duty.ics"'}
    return Response(ics.calendar(_("值班表"), entries, now, "duty"), media_type=ics.MIME, headers=headers)


def _names(session: Session, spans: list[rules.Span]) -> dict[int, str]:
    return {p.id: p.display_name for p in people_by_id(session, {s.person for s in spans})}


def again(
    request: Request, session: Session, actor: Actor, month: str, form: Any, error: AppError
) -> Response:
    """Show the page with what was typed; what is no input error is raised."""
    session.rollback()
    if error.status not in (409, 422):
        raise error
    return show(request, session, actor, month, FormState.refused(dict(form), error), error.status)


def show(
    request: Request,
    session: Session,
    actor: Actor,
    month: str,
    state: FormState = EMPTY,
    status: int = 200,
) -> Response:
    """Render the month."""
    platform = platform_of(request)
    begin(request)
    now = platform.clock.now()
    start, end = rules.month_range(month, platform.settings.duty_starts, platform.zone)
    found = queries.month_of(session, month)
    spans = queries.shifts_of(session, found)
    if found and found.published_at:
        spans = rules.clipped(queries.spans(session, start, end), start, end)
    shown: dict[str, Any] = {
        "month": month,
        "neighbours": rules.neighbours(month),
        "found": found,
        "days": _days(platform, month, spans),
        "gaps": rules.gaps(spans, start, end),
        "today": queries.on_duty_at(session, now),
        "candidates": queries.candidates(session, now),
        "changes": queries.changes_in(session, start, end),
        "swaps": queries.open_swaps(session),
        "mine": [
            s for s in queries.spans(session, now, now + timedelta(days=62)) if s.person == actor.person_id
        ],
        "state": state,
        "roles": rules.ROLE_LABELS,
        "kinds": rules.CHANGE_LABELS,
        "editing": actor.may("duty.edit") and not (found and found.published_at),
    }
    return render(request, "duty/month.html", status_code=status, **shown)


def _days(platform: Any, month: str, spans: list[rules.Span]) -> list[dict[str, Any]]:
    starts, zone = platform.settings.duty_starts, platform.zone
    found = []
    for day in rules.days_of(month):
        begin_, end = rules.begins(day, starts, zone), rules.begins(day + rules.DAY, starts, zone)
        of_day = sorted(rules.clipped(spans, begin_, end), key=lambda s: s.start)
        roles = {role: [s for s in of_day if s.role == role] for role in rules.ROLE_LABELS}
        found.append({"day": day, "start": begin_, "end": end, "roles": roles})
    return found
