"""Pages of incidents: list, report, the incident itself, its broadcasts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from incidents import actions, differences, forms, queries, reporting, rules, service, views
from incidents.broadcasts import rules as broadcast_rules
from incidents.broadcasts import sending
from incidents.broadcasts import service as broadcasts
from incidents.evidence import evidence_of
from incidents.intake import views as alert_views
from incidents.intake.queries import of_incident
from incidents.oncall.queries import notices
from incidents.repairs import views as repairs
from kernel.disclosure.edge import disclosed
from kernel.edge import FormFields, PageRouter, Read, RowId, Write, in_query, platform_of, reading, require
from kernel.edge.straight import StraightRoute
from kernel.errors import AppError
from kernel.identity.actor import Actor
from kernel.outbox.service import mark_opened
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.cases.service import versions
from sla.events import EVENT_TYPES, REASONS
from sla.explain import explain
from sla.exposure.service import risk_of

router = PageRouter()

Reader = Annotated[Actor, Depends(require("incident.read"))]
Seer = Annotated[Actor, Depends(require("incident.see"))]
Reporter = Annotated[Actor, Depends(require("incident.report"))]
checked = Depends(csrf_form)


async def listing(
    request: Request, actor: Seer, wanted: Annotated[queries.Filter, Depends(in_query(queries.Filter))]
) -> Response:
    """List incidents."""
    return await reading(request, partial(_listing, request, actor, wanted))


router.add_api_route("/incidents", listing, methods=["GET"], route_class_override=StraightRoute)


def _listing(request: Request, actor: Actor, wanted: queries.Filter, session: Session) -> Response:
    rows, following = queries.listing(session, actor, wanted, request.query_params.get("cursor"))
    contract = pinned.in_force(platform_of(request))
    names = views.Names(contract)
    begin(request)
    return render(
        request,
        "incidents/list.html",
        rows=rows,
        kept=views.kept(wanted, names),
        next=following,
        wanted=wanted,
        contract=contract,
        names=names,
        tones=views.TONES,
        state_word=views.state_word,
        state_keys=list(rules.STATE_LABELS),
    )


@router.get("/incidents/new")
def new(request: Request, actor: Reporter) -> Response:
    """Show the form to report a fault."""
    return _report_form(request, actor, FormData(list(request.query_params.multi_items())), None)


@router.post("/incidents", dependencies=[checked])
def report(request: Request, form: FormFields, actor: Reporter, session: Write) -> Response:
    """Report a fault; on an error the form comes back with what was typed."""
    platform = platform_of(request)
    now = platform.clock.now()
    try:
        told = forms.report_of(form, platform.zone)
        incident = reporting.report(platform, session, now, actor, told)
    except AppError as error:
        session.rollback()
        return _report_form(request, actor, form, error)
    return see_other(f"/incidents/{incident.number}", _("已登记。时钟自此开始计时。"))


def _report_form(request: Request, actor: Actor, form: FormData, error: AppError | None) -> Response:
    contract = pinned.in_force(platform_of(request))
    scopes = actor.scopes("incident.report")
    payers = [p for p in contract.payers.values() if scopes is None or p.key in scopes]
    return render(
        request,
        "incidents/new.html",
        status_code=error.status if error else 200,
        contract=contract,
        payers=payers,
        state=forms.state_of(form, error),
    )


@router.get("/incidents/{number}")
def one(request: Request, number: str, actor: Seer, session: Read) -> Response:
    """Show the incident."""
    return _incident_page(request, session, actor, number)


@router.get("/incidents/{number}/live")
def live(request: Request, number: str, actor: Seer, session: Read) -> Response:
    """Return the parts of the page that change, for live pages."""
    return _incident_page(request, session, actor, number, "incidents/_live.html")


@router.post("/incidents/{number}/events", dependencies=[checked])
def happen(request: Request, number: str, form: FormFields, actor: Reader, session: Write) -> Response:
    """Let an event happen; on an error the page comes back with what was typed."""
    platform = platform_of(request)
    kind = forms.text(form, "type")
    try:
        queries.find_visible(session, actor, number)
        fields = forms.event_fields(form, kind, platform.zone)
        at, version = forms.event_moment(form, platform.zone)
        service.happen(
            platform, session, platform.clock.now(), actor, number, kind, fields, at=at, if_version=version
        )
    except AppError as error:
        session.rollback()
        if error.status not in (409, 422):
            raise
        return _incident_page(request, session, actor, number, error=error, form=form)
    return see_other(f"/incidents/{number}", _("已登记：%(event)s", event=_(EVENT_TYPES[kind].label)))


@router.post("/incidents/{number}/words", dependencies=[checked])
def words(
    request: Request,
    number: str,
    form: FormFields,
    actor: Annotated[Actor, Depends(require("incident.handle"))],
    session: Write,
) -> Response:
    """Keep what the next broadcast will say."""
    platform = platform_of(request)
    incident = queries.find_visible(session, actor, number)
    text = {name: forms.text(form, name) for name in broadcast_rules.FIELDS}
    try:
        broadcasts.write_words(platform, session, platform.clock.now(), actor, incident, text)
    except AppError as error:
        session.rollback()
        return _incident_page(request, session, actor, number, error=error, form=form)
    return see_other(f"/incidents/{number}#broadcast", _("通报内容已保存，将按时发出。"))


@router.get("/incidents/{number}/broadcasts/{broadcast_id}")
def sheet(request: Request, number: str, broadcast_id: RowId, actor: Reader, session: Write) -> Response:
    """Show one broadcast as a printable sheet; opening it is a receipt."""
    platform = platform_of(request)
    now = platform.clock.now()
    found = queries.detail(session, actor, number, now)
    broadcast = broadcasts.find(session, found.incident, broadcast_id)
    mark_opened(session, now, actor.person_id or 0, sending.ref_of(broadcast.id))
    issue = sending.issue_of(session, broadcast)
    begin(request)
    shown = views.sheet(platform, found, broadcast, issue)
    return render(request, "incidents/broadcast.html", found=found, broadcast=broadcast, **shown)


@router.get("/incidents/{number}/evidence")
def evidence(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Download the evidence file."""
    found = evidence_of(queries.detail(session, actor, number, platform_of(request).clock.now()))
    headers = {"Content-Disposition": f'attachment; filename="evidence-{number}.json"'}
    return disclosed(request, actor, JSONResponse(found, headers=headers), "evidence", number)


def _incident_page(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    template: str = "incidents/detail.html",
    *,
    error: AppError | None = None,
    form: FormData | None = None,
) -> Response:
    platform = platform_of(request)
    begin(request)
    found = queries.detail(session, actor, number, platform.clock.now())
    language: Any = current_language()
    names = views.Names(found.contract)
    return render(
        request,
        template,
        status_code=error.status if error else 200,
        found=found,
        incident=found.incident,
        verdict=found.verdict,
        contract=found.contract,
        names=names,
        tones=views.TONES,
        state_word=views.state_word,
        actions=actions.possible(found, actor),
        timeline_entries=_timeline(session, actor, found, names),
        party_rows=views.views(found, names),
        differences=differences.in_words(found, names),
        claims=views.claims(found),
        alerts=of_incident(session, found.incident.id),
        **alert_views.SHARED,
        risk=views.risk_words(risk_of(session, found.verdict)),
        grid_rows=views.grid_rows(found),
        **repairs.shown(session, actor, found.incident),
        slot_word=views.slot_word,
        slot_tones=views.SLOT_TONES,
        versions=versions(session, number),
        explanation=explain(found.verdict, "en" if language == "en" else "zh"),
        word_labels=broadcast_rules.LABELS,
        reasons=REASONS,
        blank=EMPTY,
        next_slot=broadcasts.next_slot(session, found.incident),
        failed=forms.text(form, "type") if form and error else None,
        state=forms.state_of(form or FormData(), error),
    )


def _timeline(
    session: Session, actor: Actor, found: queries.Detail, names: views.Names
) -> list[dict[str, Any]]:
    """Return the log, and for those who handle or supervise what was sent about it, the newest first."""
    entries = views.timeline(found.rows, names)
    if actor.may("incident.read"):
        entries += notices(session, found.incident)
        entries.sort(key=lambda entry: entry["at"], reverse=True)
    return entries
