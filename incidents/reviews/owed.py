"""When a review is owed: after closing, for every incident that was major or missed a clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.reviews import rules
from incidents.reviews.models import Review, ReviewModule
from incidents.rules import CLOSED, ENDED
from kernel import audit
from kernel.platform import Platform
from sla.deadlines import arm
from sla.verdict import Verdict

SUBJECT = "review"


def keep(platform: Platform, session: Session, now: datetime, incident: Incident, verdict: Verdict) -> None:
    """Open, keep or suspend the review of an incident, as its state and verdict now are."""
    if incident.state in ENDED and incident.state != CLOSED:
        return
    owing = incident.state == CLOSED and is_owed(incident, verdict)
    review = session.scalar(select(Review).where(Review.incident_id == incident.id))
    if review is None:
        if owing:
            review = create(session, incident, now)
            oblige(platform, session, now, review, since=now)
            audit.record(session, now, "review.owed", f"review:{incident.number}", {"due_at": review.due_at})
        return
    if review.state == rules.OWED and owing != bool(review.required):
        review.required = int(owing)
        if owing:
            review.closed_at = now
            oblige(platform, session, now, review, since=now)
        else:
            review.due_at = None
            arm(session, now, SUBJECT, review.id, [])


def is_owed(incident: Incident, verdict: Verdict) -> bool:
    """Whether the incident needs a review: it was major or missed a clock, and it was no drill."""
    missed = "missed" in (verdict.response.state, verdict.repair.state)
    return not incident.drill and (missed or verdict.major_since is not None)


def create(session: Session, incident: Incident, closed_at: datetime) -> Review:
    """Return a new review that nobody has written yet."""
    review = Review(
        incident_id=incident.id,
        required=0,
        state=rules.OWED,
        cause=None,
        content={},
        closed_at=closed_at,
        due_at=None,
        version=1,
    )
    session.add(review)
    session.flush()
    session.add_all(ReviewModule(review_id=review.id, module=m) for m in incident.modules)
    return review


def oblige(platform: Platform, session: Session, now: datetime, review: Review, *, since: datetime) -> None:
    """Give the review its deadline in the one engine, counted from `since`."""
    settings = platform.settings
    working = settings.review_calendar == "working"
    review.required = 1
    review.due_at = rules.due_at(since, settings.review_days, platform.zone, working=working)
    arm(session, now, SUBJECT, review.id, rules.steps("submit", since, review.due_at, now))
