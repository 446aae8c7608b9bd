"""The report by API and as a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from kernel.disclosure.edge import disclosed
from kernel.edge import ApiRouter, PageRouter, Read, include, platform_of, require
from kernel.edge.inputs import OPEN
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.pdf import render_pdf
from kernel.platform import Platform
from kernel.web import language
from kernel.web.i18n import gettext as _
from kernel.web.templating import begin, render
from sla import pinned
from sla.contract import Contract
from sla.report import rules
from sla.report.data import gather
from sla.report.figures import Figures, figures_of
from sla.report.observed import observed
from sla.report.paper import document_of
from sla.report.rehearsed import rehearsed
from sla.report.sections import sections_of
from sla.report.workbook import workbook_of

api = ApiRouter(prefix="/reports", tags=["reports"])
pages = PageRouter()
router = APIRouter()

Reader = Annotated[Actor, Depends(require("report.read"))]
From = Annotated[
    date | None, OPEN, Query(alias="from", description="first day, contract zone; default 30 days before")
]
To = Annotated[date | None, OPEN, Query(alias="to", description="last day, included; default today")]
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Range:
    """The days a report is asked for."""

    start: From = None
    end: To = None


Asked = Annotated[Range, Depends()]


def span(platform: Platform, start: date | None, end: date | None) -> tuple[datetime, datetime]:
    """Return [start of the first day, end of the last day) in the contract's zone; 422 for odd years."""
    for name, day in (("from", start), ("to", end)):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Invalid.field(name, _("日期应在%(a)s与%(b)s之间。", a=EARLIEST, b=LATEST))
    today = platform.clock.now().astimezone(platform.zone).date()
    last = end or today
    first = start or (last - timedelta(days=30))
    midnight = datetime.min.time()
    begun = datetime.combine(first, midnight, platform.zone)
    return begun, datetime.combine(last, midnight, platform.zone) + timedelta(days=1)


def figures_for(
    platform: Platform, session: Session, actor: Actor, start: date | None, end: date | None
) -> tuple[Figures, Contract]:
    """Return the figures of a range and the contract in force."""
    begun, until = span(platform, start, end)
    contract = pinned.in_force(platform)
    now = platform.clock.now()
    seen = observed(platform, session, begun, until, now)
    held = rehearsed(platform, session, begun, until)
    found = gather(session, actor, contract, begun, until, now, seen, held)
    return figures_of(found), contract


@api.get("/sla", response_model=None, responses={200: {"content": {XLSX: {}, "text/html": {}, PDF: {}}}})
def report(
    request: Request,
    actor: Reader,
    session: Read,
    asked: Asked,
    form: Annotated[Literal["json", "html", "pdf", "xlsx"], Query(alias="format")] = "json",
) -> Response:
    """Return the SLA report over incidents that began in the range."""
    platform = platform_of(request)
    figures, contract = figures_for(platform, session, actor, asked.start, asked.end)
    if form == "html":
        return _page(request, figures, contract)
    if form == "json":
        return JSONResponse(figures)
    language.settle(request)
    response = download(platform, figures, contract, form, f"sla-{figures['from'][:10]}")
    days = f"{figures['from'][:10]}/{figures['to'][:10]}"
    return disclosed(request, actor, response, "report", days, records=figures["incidents"], form=form)


def download(
    platform: Platform, figures: Figures, contract: Contract, form: str, name: str, version: str = ""
) -> Response:
    """Return the report as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "xlsx":
        return Response(workbook_of(figures, contract), media_type=XLSX, headers=headers)
    document = document_of(figures, contract, version=version)
    return Response(render_pdf(document, platform.settings.font_dir), media_type=PDF, headers=headers)


@pages.get("/reports/sla")
def page(request: Request, actor: Reader, session: Read, asked: Asked) -> Response:
    """Show the SLA report."""
    return _page(request, *figures_for(platform_of(request), session, actor, asked.start, asked.end))


def _page(request: Request, figures: Figures, contract: Contract) -> Response:
    today = begin(request).now.astimezone(contract.zone).date()
    last = datetime.fromisoformat(figures["to"]) - datetime.resolution
    return render(
        request,
        "sla/report.html",
        sections=sections_of(figures, contract),
        contract=contract,
        first=date.fromisoformat(figures["from"][:10]),
        last=last.date(),
        presets=presets(today),
    )


def presets(today: date) -> list[tuple[Any, date, date]]:
    """Return the ranges people ask for, by name."""
    before = rules.month_of(today)[0] - timedelta(days=1)
    return [
        (_("本月"), *rules.month_of(today)),
        (_("上月"), *rules.month_of(before)),
        (_("本半年"), *rules.half_of(today)),
        (_("本年"), *rules.year_of(today)),
    ]


include(router, api, pages)
