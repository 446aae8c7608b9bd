"""The 1st of each month: freeze the month before. The deadline is a row of the one engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.platform import Platform
from sla.deadlines import Deadline, arm
from sla.frozen import service
from sla.frozen.models import FrozenReport
from sla.report.periods import Period, month

SUBJECT = "report"


class Freezing(NamedTuple):
    """The deadline that freezes a month."""

    clock: str
    rung: str
    due_at: datetime


def subject_id(period: Period) -> int:
    """Return the number by which the engine knows a month: 202603."""
    return period.first.year * 100 + period.first.month


def arm_month(platform: Platform) -> int:
    """See to it that the present month will be frozen; returns how many deadlines were armed."""
    now = platform.clock.now()
    period = month(now.astimezone(platform.zone).date())
    wanted = select(Deadline.id).where(Deadline.subject == SUBJECT, Deadline.subject_id == subject_id(period))
    with platform.db.read() as session:
        if session.scalar(wanted.limit(1)) is not None:
            return 0
    with platform.db.write("system") as session:
        return _arm(platform, session, now, period)


def _arm(platform: Platform, session: Session, now: datetime, period: Period) -> int:
    due = Freezing("freeze", "month", period.span(platform.zone)[1])
    return arm(session, now, SUBJECT, subject_id(period), [due])


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Freeze the months that have ended, unless somebody has, and arm the next."""
    for row in rows:
        year, number = divmod(row.subject_id, 100)
        period = month(date(year, number, 1))
        frozen = select(FrozenReport.id).where(FrozenReport.period == period.key).limit(1)
        if session.scalar(frozen) is None:
            service.freeze(platform, session, now, "system", period)
        following = month(row.due_at.astimezone(platform.zone).date())
        if following.key != period.key:
            _arm(platform, session, now, following)
