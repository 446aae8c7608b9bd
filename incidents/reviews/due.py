"""What is said when the deadlines of reviews and of their action items come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import people
from incidents.models import Incident
from incidents.reviews import rules
from incidents.reviews.models import Review, ReviewAction
from incidents.reviews.notices import owner_of, tell
from kernel.platform import Platform

_REVIEW_DUE = {"remind": "【提醒】故障复盘即将到期", "due": "【逾期】故障复盘尚未提交"}
_ACTION_DUE = {"remind": "【提醒】整改事项即将到期", "due": "【逾期】整改事项尚未完成"}


def on_review_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """A review's reminder or deadline has come: tell party B; when it is late, party A too."""
    wanted = select(Review, Incident).join(Incident, Incident.id == Review.incident_id)
    found = session.execute(wanted.where(Review.id.in_([r.subject_id for r in rows]))).all()
    by_id = {review.id: (review, incident) for review, incident in found}
    for row in rows:
        review, incident = by_id[row.subject_id]
        if review.state not in rules.WRITABLE or review.due_at is None:
            continue
        told = people.managers(session, now)
        if row.rung == "due":
            told = [*told, *people.party_a(session, now, incident.payers)]
        due = review.due_at.astimezone(platform.zone)
        body = f"应于 {due:%Y-%m-%d %H:%M} 前提交复盘。"
        key = f"review:{row.id}"
        tell(platform, session, now, incident, told, key, _REVIEW_DUE[row.rung], body)


def on_action_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """An action item's reminder or deadline has come: tell its owner; when it is late, both parties."""
    wanted = (
        select(ReviewAction, Incident)
        .join(Review, Review.id == ReviewAction.review_id)
        .join(Incident, Incident.id == Review.incident_id)
        .where(ReviewAction.id.in_([r.subject_id for r in rows]))
    )
    by_id = {action.id: (action, incident) for action, incident in session.execute(wanted)}
    for row in rows:
        action, incident = by_id[row.subject_id]
        if action.state != rules.OPEN:
            continue
        told = owner_of(session, action)
        if row.rung == "due":
            told = [*told, *people.managers(session, now), *people.party_a(session, now, incident.payers)]
        due = action.due_at.astimezone(platform.zone)
        body = f"{action.title}\n期限：{due:%Y-%m-%d %H:%M}"
        tell(platform, session, now, incident, told, f"due:{row.id}", _ACTION_DUE[row.rung], body)
