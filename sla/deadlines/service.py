"""Arm, move and cancel deadlines. All inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from kernel.db.bulk import insert_later, insert_many
from kernel.db.prepared import Prepared
from sla.deadlines.models import ARMED, CANCELLED, FIRED, Deadline

Key = tuple[str, str]
AHEAD = timedelta(seconds=5)
"""What fired although it is due later than this cannot be blamed on two clocks read moments apart."""


class Wanted(Protocol):
    """A deadline that ought to be armed."""

    @property
    def clock(self) -> str:
        """Which of the subject's clocks."""

    @property
    def rung(self) -> str:
        """Which step of it."""

    @property
    def due_at(self) -> datetime:
        """When it is due, UTC."""


_OF_SUBJECT = Prepared(
    select(
        Deadline.id, Deadline.clock, Deadline.rung, Deadline.generation, Deadline.due_at, Deadline.state
    ).where(Deadline.subject == bindparam("subject"), Deadline.subject_id == bindparam("subject_id"))
)
_CANCEL = update(Deadline).where(Deadline.state == ARMED).values(state=CANCELLED)


def _row(subject: str, subject_id: int, wanted: Wanted, generation: int) -> dict[str, Any]:
    return {
        "subject": subject,
        "subject_id": subject_id,
        "clock": wanted.clock,
        "rung": wanted.rung,
        "generation": generation,
        "due_at": wanted.due_at,
        "wake_at": wanted.due_at,
        "state": ARMED,
        "noticed_at": None,
        "unobserved": 0,
        "failures": 0,
    }


def arm_new(session: Session, subject: str, wanted: Mapping[int, Iterable[Wanted]]) -> int:
    """Arm the deadlines of subjects that have none yet (`wanted` by subject id); returns how many."""
    rows = [_row(subject, subject_id, w, 0) for subject_id, many in wanted.items() for w in many]
    insert_later(session, Deadline, rows)
    return len(rows)


def arm(session: Session, now: datetime, subject: str, subject_id: int, wanted: Sequence[Wanted]) -> int:
    """Make the armed rows of the subject equal to `wanted`; returns how many rows changed.

    Rows that are no longer wanted, or whose due time moved, are cancelled; what is new is inserted under the
    next generation. What has already fired for the same due time is not armed again, unless that time lies
    ahead: then it fired by a wrong clock. Rows that are due but have not fired yet are left to fire: what
    fires judges anew.
    """
    known = _OF_SUBJECT.rows(session, {"subject": subject, "subject_id": subject_id})
    target = {(w.clock, w.rung): w for w in wanted}
    generations: dict[Key, int] = {}
    settled: set[Key] = set()
    stale: list[int] = []
    for row_id, clock, rung, generation, due_at, state in known:
        key = (clock, rung)
        generations[key] = max(generations.get(key, -1), generation)
        same = key in target and target[key].due_at == due_at
        if state == ARMED and not same and due_at >= now:
            stale.append(row_id)
        elif same and (state == ARMED or (state == FIRED and due_at < now + AHEAD)):
            settled.add(key)
    if stale:
        _cancel(session, stale)
    rows = [
        _row(subject, subject_id, w, generations.get(key, -1) + 1)
        for key, w in target.items()
        if key not in settled
    ]
    insert_many(session, Deadline, rows)
    return len(stale) + len(rows)


def _cancel(session: Session, ids: list[int]) -> None:
    """Cancel the rows, except those the engine has just claimed; waiting for it here could dead-lock."""
    free = select(Deadline.id).where(Deadline.id.in_(ids)).with_for_update(skip_locked=True)
    session.execute(_CANCEL.where(Deadline.id.in_(session.scalars(free).all())))
