"""What an outside watcher saw enters the record of blind time; it is a witness, not a judge."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import Invalid
from kernel.identity.actor import Actor
from sla.deadlines.models import OUTSIDE, Heartbeat
from sla.deadlines.watch import enter_blind

LONGEST = timedelta(days=31)
SKEW = timedelta(seconds=60)
"""Two machines' clocks may differ by so much."""


def witness(session: Session, now: datetime, actor: Actor, start: datetime, end: datetime, why: str) -> bool:
    """Record an absence that was seen from outside; returns whether it is new.

    It stands in the register and in the report beside what the platform noted itself, and changes no verdict:
    whoever runs the watcher could otherwise make a missed deadline unobserved. Where the engine was really
    away it has said so itself, in every open incident.
    """
    actor.demand("blind.witness")
    if end > now + SKEW:
        raise Invalid.field("to", "结束时间不能晚于现在。")
    if end <= start:
        raise Invalid.field("from", "开始时间应早于结束时间。")
    if end - start > LONGEST:
        raise Invalid.field("from", "一段停机最长登记31天，请分段登记。")
    return enter_blind(session, now, start, min(end, now), OUTSIDE, why)


def seen(session: Session) -> dict[str, datetime]:
    """Return when the engine was last alive and all deadlines last in order."""
    return dict(session.execute(select(Heartbeat.name, Heartbeat.at)).tuples().all())
