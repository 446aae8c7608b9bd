"""What reviews ask of somebody: to be written, to be decided, to be done. For the boards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from incidents import queries as incidents
from incidents.models import Incident
from incidents.reviews import rules
from incidents.reviews.models import Review, ReviewAction
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _

MOST = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something about a review that waits for the actor."""

    what: str
    title: str
    url: str
    since: datetime
    due_at: datetime | None


def waiting(session: Session, actor: Actor, limit: int = MOST) -> list[Waiting]:
    """Return what reviews ask of the actor: to be written, to be decided, to be done; two queries."""
    found = []
    if actor.may("review.write") or actor.may("review.decide"):
        states = [*rules.WRITABLE] if actor.may("review.write") else []
        states += [rules.SUBMITTED] if actor.may("review.decide") else []
        wanted = select(Review, Incident).join(Incident, Incident.id == Review.incident_id)
        wanted = wanted.where(Review.state.in_(states), Review.required == 1, incidents.visible(actor))
        for review, incident in session.execute(wanted.order_by(Review.id).limit(limit)):
            what = _("请审阅复盘") if review.state == rules.SUBMITTED else _("请提交复盘")
            due = review.due_at if review.state in rules.WRITABLE else None
            found.append(Waiting(what, incident.title, _url(incident), review.closed_at, due))
    if actor.may("review.act"):
        found += _actions(session, actor, limit)
    return found


def _actions(session: Session, actor: Actor, limit: int) -> list[Waiting]:
    mine = and_(ReviewAction.owner_id == actor.person_id, ReviewAction.state == rules.OPEN)
    if actor.may("review.decide"):
        mine = or_(mine, ReviewAction.state == rules.DONE)
    wanted = (
        select(ReviewAction, Incident)
        .join(Review, Review.id == ReviewAction.review_id)
        .join(Incident, Incident.id == Review.incident_id)
        .where(mine, incidents.visible(actor))
        .order_by(ReviewAction.due_at, ReviewAction.id)
    )
    found = []
    for action, incident in session.execute(wanted.limit(limit)):
        done = action.state == rules.DONE
        what = _("请核验整改事项") if done else _("请完成整改事项")
        since = action.done_at if done else action.added_at
        due = None if done else action.due_at
        found.append(Waiting(what, action.title, f"{_url(incident)}#actions", since, due))
    return found


def _url(incident: Incident) -> str:
    return f"/incidents/{incident.number}/review"
