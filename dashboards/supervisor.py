"""Party A's board: what awaits me, how the contract is kept, and what it comes to in yuan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from drills import queries as drills
from incidents.requests.queries import awaiting
from incidents.reviews.waiting import waiting
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.formats import monthname
from kernel.web.i18n import gettext as _
from kernel.web.templating import begin, render
from sla import pinned
from sla.amendments import service as amendments
from sla.contract import Contract
from sla.exposure.service import exposure
from sla.frozen import service as frozen
from sla.obligations import queries as obligations
from sla.obligations import words
from sla.obligations.rules import DUE, MISSED, STATE_LABELS, Obligation
from sla.penalties import queries as ledger
from sla.penalties.rules import STATE_LABELS as PENALTY_LABELS
from sla.report.headline import headline
from sla.report.trend import MonthFigures, trend
from sla.settlement import files
from sla.settlement import service as settlement
from sla.settlement.body import FIGURE_LABELS

router = PageRouter()
MONTH = timedelta(days=30)
SOON = timedelta(days=60)
Reader = Annotated[Actor, Depends(require("board.supervise"))]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that awaits party A: what, about what, since when, and by when if there is a day for it."""

    what: str
    title: str
    url: str
    since: datetime
    due_at: datetime | None = None
    amount: Any = None


@router.get("/supervisor")
def page(request: Request, actor: Reader, session: Read) -> Response:
    """Show the board."""
    return render(request, "dashboards/supervisor.html", **_board(request, actor, session))


@router.get("/supervisor/live")
def live(request: Request, actor: Reader, session: Read) -> Response:
    """Return the parts that change."""
    return render(request, "dashboards/_supervisor.html", **_board(request, actor, session))


def _board(request: Request, actor: Actor, session: Session) -> dict[str, Any]:
    platform = platform_of(request)
    now = platform.clock.now()
    contract = pinned.in_force(platform)
    begin(request)
    duties = obligations.calendar(session, actor, contract, now, obligations.Filter())
    items = [*_decisions(session, actor, now), *_duties(contract, duties)]
    report = headline(session, actor, contract, now - MONTH, now + timedelta(seconds=1))
    months = trend(session, contract, report.scopes, now)
    return {
        "items": sorted(items, key=lambda i: (i.due_at is None, i.due_at or i.since)),
        "report": report,
        "labels": [monthname(m.first.month) for m in months],
        "series": _series(months),
        "months": months,
        "ledger": ledger.totals(session, actor),
        "penalty_labels": PENALTY_LABELS,
        "risk": exposure(session, contract, now, report.scopes),
        "position": _next_settlement(session, actor, contract, now),
        "figures": FIGURE_LABELS,
        "frozen": frozen.listing(session)[0][:3],
        "assessments": [_assessment(contract, d) for d in duties if d.duty.clause == "assessment"],
    }


def _decisions(session: Session, actor: Actor, now: datetime) -> Iterator[Item]:
    for each in awaiting(session, actor, now):
        what = f"{each.what} {each.claim}".strip()
        yield Item(what, each.title, each.url, each.since, amount=each.amount)
    for review in waiting(session, actor):
        yield Item(review.what, review.title, review.url, review.since, review.due_at)
    if actor.may("drill.approve"):
        for drill, since in drills.awaiting_a(session):
            yield Item(_(drills.AWAITS_LABELS[drill.state]), drill.title, f"/drills/{drill.number}", since)
    if actor.may("amendment.sign_a"):
        for amendment, since in amendments.undecided(session, "a"):
            title = _("合同变更第%(n)s号", n=amendment.id)
            url = f"/terms/amendments/{amendment.id}"
            yield Item(_("确认合同变更"), title, url, since, amendment.effective_at)


def _duties(contract: Contract, found: list[Obligation]) -> Iterator[Item]:
    for each in found:
        if each.duty.owed_by == "a" and each.due and each.state in (DUE, MISSED):
            title, since = words.title(contract, each), _midnight(contract, each.duty.since)
            due = _midnight(contract, each.due + timedelta(days=1)) - timedelta(seconds=1)
            yield Item(_(STATE_LABELS[each.state]), title, "/obligations", since, due)


def _midnight(contract: Contract, day: date) -> datetime:
    return datetime.combine(day, time(), contract.zone)


def _series(months: list[MonthFigures]) -> list[dict[str, Any]]:
    clocks = (_("响应达标率"), [m.response for m in months]), (_("修复达标率"), [m.repair for m in months])
    return [
        {"name": name, "values": [None if t.attainment is None else float(t.attainment) for t in tallies]}
        for name, tallies in clocks
    ]


def _next_settlement(session: Session, actor: Actor, contract: Contract, now: datetime) -> Any:
    """Return the first statement that is not issued yet, as the actor may see it, or None."""
    if not actor.may("settlement.read"):
        return None
    open_ones = [p for p in settlement.current(session, contract, now).positions if not p.issued]
    return (open_ones[0], files.seen(actor, open_ones[0])) if open_ones else None


def _assessment(contract: Contract, each: Obligation) -> dict[str, Any]:
    return {
        "title": words.title(contract, each),
        "due": each.due,
        "state": each.state,
        "label": _(STATE_LABELS[each.state]),
    }
