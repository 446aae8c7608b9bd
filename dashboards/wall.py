"""The duty wall, read from five metres by people who don't touch it: what is wrong, how long is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from drills import queries as drills
from drills.rules import STATE_LABELS
from incidents import queries, rules, views
from incidents.broadcasts.rules import SCHEDULED
from incidents.models import Broadcast, Incident
from incidents.monitoring import queries as probes
from incidents.monitoring.rules import DOWN, UNKNOWN
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.identity.directory import people_by_id
from kernel.web.templating import begin, render
from oa.affairs.duty import queries as duty
from oa.affairs.duty import rules as duty_rules
from sla import pinned
from sla.contract import Contract
from sla.exposure.service import exposure
from sla.report.headline import headline
from sla.verdict import Verdict

router = PageRouter()
Watcher = Annotated[Actor, Depends(require("board.wall"))]
SHOWN = 6
"""Incidents that fit; the others are counted."""
DAY, AHEAD = timedelta(days=1), timedelta(days=7)
RESPONSE_FIRST = "pending"


@dataclass(frozen=True, slots=True)
class Shown:
    """An open incident with the clock that matters now."""

    incident: Incident
    verdict: Verdict
    clock: Any
    state: str


@router.get("/wall")
def page(request: Request, actor: Watcher, session: Read) -> Response:
    """Show the wall."""
    return render(request, "dashboards/wall.html", theme="wall", **_board(request, actor, session))


@router.get("/wall/live")
def live(request: Request, actor: Watcher, session: Read) -> Response:
    """Return the parts that change."""
    return render(request, "dashboards/_wall.html", **_board(request, actor, session))


def _board(request: Request, actor: Actor, session: Session) -> dict[str, Any]:
    platform = platform_of(request)
    now, contract = platform.clock.now(), pinned.in_force(platform)
    begin(request)
    found = queries.open_with_verdicts(session, actor, now)
    lasting = [shown(incident, verdict) for incident, verdict in found if incident.state not in rules.ENDED]
    lasting.sort(key=lambda s: (s.incident.restored_at is not None, s.clock.due_at or now))
    report = risk = None
    if actor.may("report.read"):
        first = now.astimezone(contract.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        report = headline(session, actor, contract, first, now.replace(microsecond=999_999))
        risk = exposure(session, contract, now, report.scopes)
    return {
        "shown": lasting[:SHOWN],
        "more": len(lasting) - SHOWN,
        "total": len(lasting),
        "next": next_broadcast(session, now),
        "report": report,
        "risk": risk,
        "contract": contract,
        "names": views.Names(contract),
        "health": health(contract, probes.health(session), [s.incident for s in lasting]),
        "counts": probes.counts(session),
        "drills": drills.under_way(session) if actor.may("drill.read") else [],
        "drill_states": STATE_LABELS,
        **_roster(session, now),
    }


def _roster(session: Session, now: datetime) -> dict[str, Any]:
    """Return who is on duty now, and when the next role changes hands, to whom."""
    spans = duty.spans(session, now - DAY, now + AHEAD)
    people = {p.id: p.display_name for p in people_by_id(session, {span.person for span in spans})}
    holders = duty_rules.on_duty(spans, now)
    following = duty_rules.handoffs(spans, now + timedelta.resolution, now + AHEAD)
    return {
        "roles": duty_rules.ROLE_LABELS,
        "on_duty": {role: people.get(person) for role, person in holders.items()},
        "handoff": [(h, people.get(h.after or 0)) for h in following if h.at == following[0].at],
    }


def shown(incident: Incident, verdict: Verdict) -> Shown:
    """Return an incident with its next clock: the response until it is given, then the repair."""
    clock = verdict.response if verdict.response.state == RESPONSE_FIRST else verdict.repair
    runs = clock.state == "pending" or (clock.state == "missed" and verdict.down)
    return Shown(incident, verdict, clock, "running" if runs else clock.state)


def next_broadcast(session: Session, now: datetime) -> Any:
    """Return the next slot of the grids: when, and of which incident."""
    wanted = select(Broadcast.due_at, Incident.number, Incident.title)
    wanted = wanted.join(Incident, Incident.id == Broadcast.incident_id)
    wanted = wanted.where(Broadcast.state == SCHEDULED, Broadcast.due_at >= now, Broadcast.slot >= 0)
    return session.execute(wanted.order_by(Broadcast.due_at, Broadcast.id).limit(1)).first()


def health(
    contract: Contract, probed: Mapping[tuple[str | None, str | None], str], open_ones: Sequence[Incident]
) -> dict[tuple[str, str], str]:
    """Return the health of each module for each payer: an incident that lasts, else the worst probe."""
    broken = {(m, p) for i in open_ones if i.restored_at is None for m in i.modules for p in i.payers}
    found = {}
    for module in contract.modules:
        for payer in contract.payers:
            states = [
                probed[key] for key in ((module, payer), (module, None), (None, payer)) if key in probed
            ]
            worst = min(states, key=probes.WORST.index, default=UNKNOWN)
            found[module, payer] = DOWN if (module, payer) in broken else worst
    return found
