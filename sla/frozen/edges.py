"""Frozen reports by API and as pages; comparison of periods; subscriptions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from kernel.disclosure.edge import disclosed
from kernel.edge import ApiRouter, PageRouter, Read, Write, include, platform_of, require
from kernel.edge.inputs import BIGGEST
from kernel.errors import AppError, Invalid
from kernel.identity.actor import Actor
from kernel.identity.directory import names_of
from kernel.platform import Platform
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.frozen import dispatch, service
from sla.frozen.models import FrozenReport
from sla.report import comparison
from sla.report.edges import PDF, XLSX
from sla.report.periods import Period, month, parse_period
from sla.report.sections import sections_of
from sla.report.workbook import workbook_of

api = ApiRouter(prefix="/reports", tags=["reports"])
pages = PageRouter()
router = APIRouter()
checked = Depends(csrf_form)

Reader = Annotated[Actor, Depends(require("report.frozen"))]
Supervisor = Annotated[Actor, Depends(require("report.freeze"))]
Cursor = Annotated[int | None, Query(ge=1, le=BIGGEST)]
Version = Annotated[int, Path(ge=1, le=9999)]
PeriodText = Annotated[str, Form(max_length=10)]
Reason = Annotated[str, Form(max_length=2000)]


def _period(text: str, field: str = "period") -> Period:
    found = parse_period(text)
    if found is None:
        raise Invalid.field(field, "期间应写作 2026-03（月）、2026-H1（半年）或 2026（年）。")
    return found


def _month(text: str) -> Period:
    found = _period(text)
    if len(found.key) != 7 or "H" in found.key:
        raise Invalid.field("period", "只冻结整月的报告，请选择一个月份，如 2026-03。")
    return found


@api.get("/frozen")
def listing(request: Request, _actor: Reader, session: Read, cursor: Cursor = None) -> dict[str, Any]:
    """List frozen reports, the newest first."""
    rows, following = service.listing(session, cursor)
    items = [_brief(platform_of(request), row) for row in rows]
    return {"items": items, "next": None if following is None else str(following)}


def _brief(platform: Platform, report: FrozenReport) -> dict[str, Any]:
    return {
        "period": report.period,
        "version": report.version,
        "digest": report.digest,
        "issued_by": report.issued_by,
        "issued_at": report.issued_at.astimezone(platform.zone).isoformat(),
        "reason": report.reason,
    }


@api.get("/frozen/{period}/{version}", response_model=None, responses={200: {"content": {PDF: {}, XLSX: {}}}})
def file(
    request: Request,
    period: str,
    version: Version,
    actor: Reader,
    session: Read,
    form: Annotated[Literal["json", "pdf", "xlsx"], Query(alias="format")] = "json",
) -> Response:
    """Return one issue as it was frozen."""
    found = service.one(session, period, version)
    figures = service.figures_in(found)
    if form == "json":
        return JSONResponse(_brief(platform_of(request), found) | {"figures": figures})
    headers = {"Content-Disposition": f'attachment; filename="sla-{period}-v{version}.{form}"'}
    if form == "xlsx":
        content, kind = workbook_of(figures, pinned.version(session, found.contract)), XLSX
    else:
        content, kind = dispatch.official_pdf(platform_of(request), session, found, figures), PDF
    response = Response(content, media_type=kind, headers=headers)
    return disclosed(request, actor, response, "frozen_report", f"{period} v{version}", form=form)


@pages.get("/reports")
def reports(request: Request, actor: Reader, session: Read, cursor: Cursor = None) -> Response:
    """List frozen reports."""
    return _list(request, actor, session, EMPTY, cursor)


def _list(
    request: Request,
    actor: Actor,
    session: Session,
    state: FormState,
    cursor: int | None = None,
    code: int = 200,
) -> Response:
    rows, following = service.listing(session, cursor)
    today = begin(request).now.astimezone(platform_of(request).zone).date()
    return render(
        request,
        "sla/frozen.html",
        status_code=code,
        rows=rows,
        names=names_of(session, (row.issued_by for row in rows)),
        next=following,
        state=state,
        last_month=month(today.replace(day=1) - timedelta(days=1)).key,
        subscribed=dispatch.subscribed(session, actor),
    )


@pages.post("/reports/freeze", dependencies=[checked])
def freeze(
    request: Request, actor: Supervisor, session: Write, period: PeriodText = "", reason: Reason = ""
) -> Response:
    """Freeze a month, or issue it again with a reason."""
    platform = platform_of(request)
    try:
        chosen = _month(period)
        found = service.freeze(platform, session, platform.clock.now(), actor.username, chosen, reason)
    except AppError as error:
        session.rollback()
        state = FormState.refused({"period": period, "reason": reason}, error)
        return _list(request, actor, session, state, code=error.status)
    told = _("已冻结 %(period)s 的报告，第%(n)s版。", period=found.period, n=found.version)
    return see_other(f"/reports/frozen/{found.period}/{found.version}", told)


@pages.get("/reports/frozen/{period}/{version}")
def one(request: Request, period: str, version: Version, _actor: Reader, session: Read) -> Response:
    """Show one issue with its own figures, and say when the present ones differ."""
    begin(request)
    platform = platform_of(request)
    found = service.one(session, period, version)
    figures, contract = service.figures_in(found), pinned.version(session, found.contract)
    now = service.live_figures(platform, session, _period(found.period), platform.clock.now())
    return render(
        request,
        "sla/frozen_report.html",
        **_about(session, found),
        sections=sections_of(figures, contract),
        contract=contract,
        differs=comparison.changed(figures, now),
    )


def _about(session: Session, report: FrozenReport) -> dict[str, Any]:
    """Return what is to be known of an issue besides its figures."""
    return {
        "report": report,
        "names": names_of(session, [report.issued_by]),
        "newest": service.one(session, report.period).version,
        "unaltered": service.unaltered(session, report),
    }


@pages.post("/reports/subscription", dependencies=[checked])
def subscribe(
    request: Request, actor: Reader, session: Write, wanted: Annotated[str, Form(max_length=3)] = ""
) -> Response:
    """Get the monthly reports by mail, or no more."""
    now = platform_of(request).clock.now()
    if wanted != "yes":
        dispatch.unsubscribe(session, now, actor)
        return see_other("/reports", _("已退订。"))
    try:
        dispatch.subscribe(session, now, actor)
    except AppError as error:
        session.rollback()
        return _list(request, actor, session, FormState.refused({}, error), code=error.status)
    return see_other("/reports", _("已订阅：每月报告冻结后发到您的邮箱。"))


@pages.get("/reports/compare")
def compare(
    request: Request,
    _actor: Reader,
    session: Read,
    a: Annotated[str | None, Query(max_length=10)] = None,
    b: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    """Compare two periods."""
    platform = platform_of(request)
    now = begin(request).now
    after = _period(b, "b") if b else month(now.astimezone(platform.zone).date())
    before = _period(a, "a") if a else after.before()
    found = [service.live_figures(platform, session, each, now) for each in (before, after)]
    differences = comparison.compare(*found)
    context: dict[str, Any] = {"before": before, "after": after, "differences": differences}
    bars = [_bars(name, before, after, found) for name in ("response", "repair")]
    return render(request, "sla/compare.html", bars=bars, words=VERDICT_LABELS, **context)


VERDICT_LABELS = {"better": "好转", "worse": "变差", "same": "持平", "unknown": "无法比较"}


def _bars(name: str, before: Period, after: Period, found: list[Any]) -> dict[str, Any]:
    rows = [
        {"label": period.key, "value": float(value), "text": f"{value}%", "href": _report(period)}
        for period, figures in zip((before, after), found, strict=True)
        if (value := figures[name]["attainment"]) is not None
    ]
    return {"title": _(comparison.MEASURE_LABELS[name]), "rows": rows}


def _report(period: Period) -> str:
    return f"/reports/sla?from={period.first}&to={period.last}"


include(router, api, pages)
