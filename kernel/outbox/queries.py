"""Reads of the outbox for those who mend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.outbox.models import DEAD, QUEUED, Message


class Backlog(NamedTuple):
    """What is not delivered by one channel in one state."""

    number: int
    oldest: datetime


def backlog(session: Session) -> dict[tuple[str, str], Backlog]:
    """Return what waits and what died, by channel and state; one query."""
    wanted = (
        select(Message.channel, Message.state, func.count(), func.min(Message.created_at))
        .where(Message.state.in_((QUEUED, DEAD)))
        .group_by(Message.channel, Message.state)
    )
    return {(row[0], row[1]): Backlog(row[2], row[3]) for row in session.execute(wanted)}


def dead(session: Session, limit: int) -> Sequence[Message]:
    """Return the newest messages that were given up."""
    wanted = select(Message).where(Message.state == DEAD).order_by(Message.id.desc())
    return session.scalars(wanted.limit(limit)).all()
