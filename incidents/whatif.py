"""What if the past had been judged by an amended contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents import queries
from incidents.models import Incident
from kernel.edge import PageRouter, Read, RowId, platform_of, require
from kernel.edge.inputs import OPEN
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from kernel.web.templating import begin, render
from sla import pinned
from sla.amendments import service as amendments
from sla.audit.report import STATES
from sla.contract import Contract
from sla.report.edges import span
from sla.whatif import Told, WhatIf, compare

router = PageRouter()
YEAR, DAY = timedelta(days=365), timedelta(days=1)
MOST_JUDGED = 10_000
"""More than this takes longer than a page may; the command line has no limit."""

Reader = Annotated[Actor, Depends(require("terms.read"))]
Date = Annotated[date | None, OPEN]


def stories(session: Session, actor: Actor, start: datetime, end: datetime) -> Iterator[Told]:
    """Yield every visible incident that began in [start, end) with the version it is judged by."""
    wanted = queries.Filter(since=start, until=end)
    for incident, events in queries.histories(session, actor, wanted):
        yield Told(incident.number, incident.title, pinned.version(session, incident.contract), events)


@router.get("/terms/amendments/{number}/whatif")
def page(
    request: Request,
    number: RowId,
    actor: Reader,
    session: Read,
    first: Annotated[Date, Query(alias="from")] = None,
    last: Annotated[Date, Query(alias="to")] = None,
) -> Response:
    """Show what the amendment would have changed, by default in the year up to now."""
    begin(request)
    platform = platform_of(request)
    amendment = amendments.find(session, number)
    draft, now = pinned.version(session, amendment.digest), platform.clock.now()
    start, end = span(platform, first or (now.astimezone(platform.zone) - YEAR).date(), last)
    return render(
        request,
        "incidents/whatif.html",
        amendment=amendment,
        first=start.astimezone(platform.zone).date(),
        last=(end - DAY).astimezone(platform.zone).date(),
        found=_judge(session, actor, draft, start, end, now),
        states=STATES,
    )


def _judge(
    session: Session, actor: Actor, draft: Contract, start: datetime, end: datetime, now: datetime
) -> WhatIf:
    within = Incident.started_at >= start, Incident.started_at < end
    if (session.scalar(select(func.count()).select_from(Incident).where(*within)) or 0) > MOST_JUDGED:
        raise Invalid.field(
            "from", _("这段时间超过%(n)s起故障，请缩短时间，或用命令行 shoushi whatif。", n=MOST_JUDGED)
        )
    return compare(stories(session, actor, start, end), draft, now)
