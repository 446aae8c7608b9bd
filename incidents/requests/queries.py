"""One list of everything that awaits party A: requests on incidents, penalties to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import log, queries, service
from incidents.models import Incident
from incidents.requests import rules
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.penalties import queries as ledger
from sla.verdict import judge

MOST = 200


@dataclass(frozen=True, slots=True)
class Awaiting:
    """One decision that is open: what, on which subject, since when, and what it is about in yuan."""

    kind: str
    what: str
    number: str
    title: str
    url: str
    since: datetime
    amount: Decimal
    claim: str = ""


def awaiting(session: Session, actor: Actor, now: datetime, limit: int = MOST) -> list[Awaiting]:
    """Return what awaits a decision of party A among what the actor may see, the oldest first.

    A constant number of statements, each by an index; at most `limit` incidents and penalties.
    """
    found = [*_requests(session, actor, now, limit), *_penalties(session, actor, now, limit)]
    return sorted(found, key=lambda each: (each.since, each.number))


def _requests(session: Session, actor: Actor, now: datetime, limit: int) -> Iterator[Awaiting]:
    wanted = select(Incident).where(Incident.awaiting > 0, queries.visible(actor)).order_by(Incident.id)
    incidents: Sequence[Incident] = session.scalars(wanted.limit(limit)).all()
    events = log.load(session, [i.id for i in incidents])
    for incident in incidents:
        contract = pinned.version(session, incident.contract)
        mine = events[incident.id]
        penalty = judge(contract, mine, now).penalty
        for request in rules.waiting(service.life_of(contract, mine), mine):
            what = _(rules.REQUEST_LABELS[request.kind])
            url = f"/incidents/{incident.number}"
            claim = request.claim
            yield Awaiting(
                request.kind, what, incident.number, incident.title, url, request.since, penalty, claim
            )


def _penalties(session: Session, actor: Actor, now: datetime, limit: int) -> Iterator[Awaiting]:
    if not actor.may("penalty.read"):
        return
    for penalty, case in ledger.undecided(session, actor, now, limit):
        what = _(PENALTY_WORDS[penalty.state])
        url = f"/penalties/{penalty.number}"
        yield Awaiting("penalty", what, penalty.number, case.title, url, penalty.since, penalty.balance)


PENALTY_WORDS = {
    "proposed": "确认或撤回违约记录",
    "contested": "对乙方的异议作出决定",
    "confirmed": "异议期已满，可以转为生效",
}
