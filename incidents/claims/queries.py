"""Reads of claim groups, each with its incidents and what was decided on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from incidents import log, service
from incidents.claims.models import Claim, ClaimIncident
from incidents.models import Incident
from incidents.queries import visible
from kernel.errors import NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla import pinned

PAGE = 50


@dataclass(frozen=True, slots=True)
class Part:
    """One incident of a claim: claimed, approved or refused."""

    incident: Incident
    state: str


@dataclass(frozen=True, slots=True)
class Group:
    """A claim with those of its incidents that the reader may see."""

    claim: Claim
    parts: Sequence[Part]

    def count(self, state: str) -> int:
        """Count the incidents in a state."""
        return sum(part.state == state for part in self.parts)


def listing(session: Session, actor: Actor, before: int | None = None) -> tuple[list[Group], int | None]:
    """Return a page of claims, the newest first, and the cursor of the next."""
    mine = _wanted(actor).order_by(Claim.id.desc())
    if before is not None:
        mine = mine.where(Claim.id < before)
    claims = session.scalars(mine.limit(PAGE + 1)).all()
    following = claims[PAGE - 1].id if len(claims) > PAGE else None
    return _groups(session, actor, claims[:PAGE]), following


def one(session: Session, actor: Actor, number: str) -> Group:
    """Return a claim; 404 when it touches nothing that the actor may see."""
    found = session.scalar(_wanted(actor).where(Claim.number == number))
    if found is None:
        raise NotFound(_("没有剔除申请 %(number)s，或不在您的查看范围内。", number=number))
    return _groups(session, actor, [found])[0]


def _wanted(actor: Actor) -> Select[tuple[Claim]]:
    seen = select(ClaimIncident.claim_id).join(Incident, Incident.id == ClaimIncident.incident_id)
    return select(Claim).where(Claim.id.in_(seen.where(visible(actor))))


def _groups(session: Session, actor: Actor, claims: Sequence[Claim]) -> list[Group]:
    wanted = (
        select(ClaimIncident.claim_id, Incident)
        .join(Incident, Incident.id == ClaimIncident.incident_id)
        .where(ClaimIncident.claim_id.in_([c.id for c in claims]), visible(actor))
        .order_by(Incident.id)
    )
    rows = session.execute(wanted).all()
    events = log.load(session, {incident.id for _claim, incident in rows})
    groups: dict[int, list[Part]] = {c.id: [] for c in claims}
    numbers = {c.id: c.number for c in claims}
    for claim_id, incident in rows:
        life = service.life_of(pinned.version(session, incident.contract), events[incident.id])
        groups[claim_id].append(Part(incident, life.claims.get(numbers[claim_id], "claimed")))
    return [Group(c, groups[c.id]) for c in claims]
