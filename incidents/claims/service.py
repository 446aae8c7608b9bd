"""Claim an exclusion for all incidents that were open in an interval, and decide on it.

Each incident gets its own exclusion events under the claim's number, so that its log, its evidence and its
verdict need nothing of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incidents import service
from incidents.claims import queries
from incidents.claims.models import Claim, ClaimIncident
from incidents.models import Incident
from kernel import audit
from kernel.db.numbering import next_number
from kernel.errors import Conflict, FieldError, Invalid
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.events import REASONS

DECISIONS = {"approve": "exclusion_approved", "refuse": "exclusion_refused"}
MOST = 200


class Asked(NamedTuple):
    """What party B claims."""

    reason: str
    start: datetime
    end: datetime
    text: str


def claim(platform: Platform, session: Session, now: datetime, actor: Actor, asked: Asked) -> Claim:
    """Claim the interval for every incident that was down in it; 422 names what is wrong."""
    actor.demand("incident.handle")
    _check(asked, now)
    incidents = touched(session, asked.start, asked.end)
    if not incidents:
        raise Invalid.field("from", "这段时间内没有尚未结束的故障，无需申请剔除。")
    year = now.astimezone(pinned.in_force(platform).zone).year
    group = Claim(
        number=f"C{year}-{next_number(session, f'claim:{year}'):04d}",
        reason=asked.reason,
        from_at=asked.start,
        to_at=asked.end,
        text=asked.text.strip(),
        actor_name=actor.display_name,
        created_at=now,
    )
    session.add(group)
    session.flush()
    session.add_all(ClaimIncident(claim_id=group.id, incident_id=i.id) for i in incidents)
    fields = {"claim": group.number, "reason": asked.reason, "text": group.text}
    for incident in incidents:
        period = {"from": max(asked.start, incident.started_at), "to": asked.end}
        service.happen(
            platform, session, now, actor, incident.number, "exclusion_claimed", {**fields, **period}
        )
    detail = {"reason": asked.reason, "from": asked.start, "to": asked.end, "incidents": len(incidents)}
    audit.record(session, now, "claim.made", f"claim:{group.number}", detail)
    return group


def _check(asked: Asked, now: datetime) -> None:
    errors = []
    if asked.reason not in REASONS:
        errors.append(FieldError("reason", _("原因应为：%(known)s", known=", ".join(REASONS))))
    if asked.end <= asked.start:
        errors.append(FieldError("to", _("结束时间应晚于开始时间。")))
    if asked.start > now:
        errors.append(FieldError("from", _("时间不能晚于现在。")))
    if not asked.text.strip():
        errors.append(FieldError("text", _("请说明发生了什么，以及有何证明。")))
    if errors:
        raise Invalid(" ".join(e.message for e in errors), errors=errors)


def touched(session: Session, start: datetime, end: datetime) -> Sequence[Incident]:
    """Return the incidents, not yet ended, whose outage reaches into the interval."""
    wanted = select(Incident).where(
        Incident.closed == 0,
        Incident.drill == 0,
        Incident.started_at < end,
        or_(Incident.restored_at.is_(None), Incident.restored_at > start),
    )
    return session.scalars(wanted.order_by(Incident.id).limit(MOST)).all()


def decide(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    decision: str,
    *,
    incidents: Sequence[str] = (),
    text: str = "",
) -> int:
    """Decide for the incidents named, or for all that are undecided; returns how many were decided."""
    actor.demand("incident.decide")
    if decision not in DECISIONS:
        raise Invalid.field("decision", _("决定应为：%(known)s", known=", ".join(DECISIONS)))
    if decision == "refuse" and not text.strip():
        raise Invalid.field("text", "请说明不同意的理由。")
    parts = queries.one(session, actor, number).parts
    undecided = [part.incident.number for part in parts if part.state == "claimed"]
    if unknown := sorted(set(incidents) - {part.incident.number for part in parts}):
        raise Invalid.field("incidents", _("申请不涉及故障 %(number)s。", number=unknown[0]))
    chosen = [n for n in undecided if n in incidents] if incidents else undecided
    if not chosen or len(chosen) < len(set(incidents)):
        raise Conflict("所选故障的剔除申请已经有决定。", code="impossible")
    fields = {"claim": number, "text": text.strip() or None}
    for each in chosen:
        service.happen(platform, session, now, actor, each, DECISIONS[decision], fields)
    audit.record(session, now, f"claim.{decision}", f"claim:{number}", {"incidents": chosen})
    return len(chosen)
