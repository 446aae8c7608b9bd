"""Reads of one review, and of the causes that came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents import queries as incidents
from incidents.models import Incident
from incidents.reviews import rules
from incidents.reviews.models import Review, ReviewAction, ReviewEntry, ReviewModule
from kernel.identity.actor import Actor
from kernel.identity.models import Person

PERIOD = timedelta(days=365)
"""Within how long a cause counts as repeated."""


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about one review; `review` is None while nobody has begun one."""

    incident: Incident
    review: Review | None
    entries: Sequence[ReviewEntry]
    actions: Sequence[ReviewAction]
    people: Mapping[int, str]
    """Names of the owners."""
    now: datetime

    @property
    def state(self) -> str:
        """The review's state; an optional one that nobody has begun may be written."""
        return self.review.state if self.review else rules.OWED

    @property
    def content(self) -> Mapping[str, str]:
        """What was last handed in."""
        return (self.review.content if self.review else None) or {}


def detail(session: Session, actor: Actor, number: str, now: datetime) -> Detail:
    """Return the review of an incident; 404 when the actor may not see the incident."""
    incident = incidents.find_visible(session, actor, number)
    review = session.scalar(select(Review).where(Review.incident_id == incident.id))
    if review is None:
        return Detail(incident, None, (), (), {}, now)
    entries = select(ReviewEntry).where(ReviewEntry.review_id == review.id).order_by(ReviewEntry.seq)
    actions = select(ReviewAction, Person.display_name).join(Person, Person.id == ReviewAction.owner_id)
    found = session.execute(
        actions.where(ReviewAction.review_id == review.id).order_by(ReviewAction.seq)
    ).all()
    return Detail(
        incident=incident,
        review=review,
        entries=session.scalars(entries).all(),
        actions=[action for action, _name in found],
        people={action.owner_id: name for action, name in found},
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Repeat:
    """A cause that came back in the same module."""

    cause: str
    module: str
    count: int


def repeats(session: Session, actor: Actor, since: datetime, most: int = 20) -> list[Repeat]:
    """Return the causes that were found more than once in a module since then, the most frequent first."""
    number = func.count()
    wanted = (
        select(Review.cause, ReviewModule.module, number)
        .join(ReviewModule, ReviewModule.review_id == Review.id)
        .join(Incident, Incident.id == Review.incident_id)
        .where(Review.closed_at >= since, Review.cause.is_not(None), incidents.visible(actor))
        .group_by(Review.cause, ReviewModule.module)
        .having(number > 1)
        .order_by(number.desc(), Review.cause, ReviewModule.module)
    )
    return [Repeat(str(c), m, n) for c, m, n in session.execute(wanted.limit(most))]
