"""The register of reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from incidents import queries as incidents
from incidents.models import Incident
from incidents.reviews import rules
from incidents.reviews.models import Review, ReviewAction, ReviewModule
from kernel.edge.inputs import OPEN, demand_known
from kernel.errors import Invalid
from kernel.identity.actor import Actor

PAGE = 50
_PENDING = select(ReviewAction.review_id).where(ReviewAction.state.in_(rules.PENDING))


@dataclass(frozen=True, slots=True)
class Filter:
    """What the register is limited to; every field is also a URL parameter."""

    state: str | None = None
    cause: str | None = None
    module: str | None = None
    open: Annotated[bool | None, OPEN] = None
    """With (or without) action items in which something is still to be done."""
    overdue: Annotated[bool | None, OPEN] = None
    since: Annotated[AwareDatetime | None, OPEN] = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the register."""

    review: Review
    incident: Incident
    pending: int
    """Action items in which something is still to be done."""
    late: int
    """…of which are overdue."""

    def overdue(self, now: datetime) -> bool:
        """Whether the review itself is late."""
        due = self.review.due_at
        return self.review.state in rules.WRITABLE and due is not None and due < now


def listing(
    session: Session,
    actor: Actor,
    wanted: Filter,
    now: datetime,
    cursor: str | None = None,
    limit: int = PAGE,
) -> tuple[list[Line], str | None]:
    """Return a page of the register, the newest first, and the cursor of the next page."""
    demand_known("state", wanted.state, rules.STATE_LABELS)
    query = select(Review, Incident).join(Incident, Incident.id == Review.incident_id)
    query = query.where(incidents.visible(actor), or_(Review.required == 1, Review.version > 1))
    query = query.where(*_conditions(wanted, now)).order_by(Review.id.desc())
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 18:
            raise Invalid.field("cursor", "翻页标记无效，请从第一页开始。")
        query = query.where(Review.id < int(cursor))
    rows = session.execute(query.limit(limit + 1)).all()
    following = str(rows[limit - 1][0].id) if len(rows) > limit else None
    counts = _pending(session, [review.id for review, _incident in rows[:limit]], now)
    lines = [Line(review, incident, *counts.get(review.id, (0, 0))) for review, incident in rows[:limit]]
    return lines, following


def _conditions(wanted: Filter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(Review.state == wanted.state)
    if wanted.cause:
        found.append(Review.cause == wanted.cause)
    if wanted.module:
        of_module = select(ReviewModule.review_id).where(ReviewModule.module == wanted.module)
        found.append(Review.id.in_(of_module))
    if wanted.since:
        found.append(Review.closed_at >= wanted.since)
    if wanted.open is not None:
        found.append(Review.id.in_(_PENDING) if wanted.open else Review.id.not_in(_PENDING))
    if wanted.overdue is not None:
        late = or_(
            and_(Review.state.in_(rules.WRITABLE), Review.due_at < now),
            Review.id.in_(
                select(ReviewAction.review_id).where(
                    ReviewAction.state == rules.OPEN, ReviewAction.due_at < now
                )
            ),
        )
        in_time = and_(
            or_(Review.state.not_in(rules.WRITABLE), Review.due_at.is_(None), Review.due_at >= now),
            Review.id.not_in(
                select(ReviewAction.review_id).where(
                    ReviewAction.state == rules.OPEN, ReviewAction.due_at < now
                )
            ),
        )
        found.append(late if wanted.overdue else in_time)
    return found


def _pending(session: Session, ids: Sequence[int], now: datetime) -> dict[int, tuple[int, int]]:
    wanted = select(ReviewAction.review_id, ReviewAction.state, ReviewAction.due_at)
    wanted = wanted.where(ReviewAction.review_id.in_(ids), ReviewAction.state.in_(rules.PENDING))
    found: dict[int, tuple[int, int]] = {}
    for row in session.execute(wanted):
        pending, late = found.get(row.review_id, (0, 0))
        found[row.review_id] = (pending + 1, late + (row.state == rules.OPEN and row.due_at < now))
    return found
