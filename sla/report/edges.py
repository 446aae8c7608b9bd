"""The report by API and as a page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from kernel.edge import ApiRouter, PageRouter, Read, platform_of, require
from kernel.edge.inputs import OPEN
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from kernel.web.templating import render
from sla import pinned
from sla.deadlines.models import BLIND_REASONS
from sla.report.data import SlaReport, gather
from sla.report.forms import as_dict, as_workbook

api = ApiRouter(prefix="/reports", tags=["reports"])
pages = PageRouter()
router = APIRouter()

Reader = Annotated[Actor, Depends(require("report.read"))]
From = Annotated[
    date | None, OPEN, Query(alias="from", description="first day, contract zone; default this month's")
]
To = Annotated[date | None, OPEN, Query(alias="to", description="last day, included; default today")]
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def span(platform: Platform, start: date | None, end: date | None) -> tuple[datetime, datetime]:
    """Return [start of the first day, end of the last day) in the contract's zone; 422 for odd years."""
    for name, day in (("from", start), ("to", end)):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Invalid.field(name, _("日期应在%(a)s与%(b)s之间。", a=EARLIEST, b=LATEST))
    today = platform.clock.now().astimezone(platform.zone).date()
    last = end or today
    first = start or (last - timedelta(days=30))
    midnight = datetime.min.time()
    begin = datetime.combine(first, midnight, platform.zone)
    return begin, datetime.combine(last, midnight, platform.zone) + timedelta(days=1)


def _gather(request: Request, actor: Actor, session: Any, start: date | None, end: date | None) -> SlaReport:
    platform = platform_of(request)
    begin, until = span(platform, start, end)
    return gather(session, actor, pinned.in_force(platform), begin, until, platform.clock.now())


@api.get("/sla", response_model=None, responses={200: {"content": {XLSX: {}, "text/html": {}}}})
def report(
    request: Request,
    actor: Reader,
    session: Read,
    start: From = None,
    end: To = None,
    form: Annotated[Literal["json", "html", "xlsx"], Query(alias="format")] = "json",
) -> Response:
    """Return the SLA report over incidents that began in the range."""
    found = _gather(request, actor, session, start, end)
    if form == "html":
        return render(request, "sla/report.html", report=found, reasons=BLIND_REASONS)
    if form == "xlsx":
        name = f"sla-{found.start.astimezone(found.contract.zone):%Y%m%d}.xlsx"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(as_workbook(found), media_type=XLSX, headers=headers)
    return JSONResponse(as_dict(found))


@pages.get("/reports/sla")
def page(request: Request, actor: Reader, session: Read, start: From = None, end: To = None) -> Response:
    """Show the SLA report."""
    found = _gather(request, actor, session, start, end)
    return render(request, "sla/report.html", report=found, reasons=BLIND_REASONS)


router.include_router(api)
router.include_router(pages)
