"""Reads of the roster; `on_duty_at` is what other packages ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, bindparam, select
from sqlalchemy.orm import Session

from kernel.db import table_of
from kernel.db.prepared import Prepared
from kernel.identity.directory import Recipient, people_by_id, people_with_role
from oa.affairs.duty import rules
from oa.affairs.duty.models import DutyChange, DutyMonth, DutyShift, DutySwap
from oa.affairs.duty.rules import Span

ROSTER_ROLES = ("engineer", "provider_manager", "leader")


def _in_time(table: Table) -> Select[Any]:
    columns = table.c.role, table.c.person_id, table.c.from_at, table.c.to_at
    return select(*columns).where(table.c.from_at < bindparam("end"), table.c.to_at > bindparam("start"))


_SHIFTS = Prepared(
    _in_time(table_of(DutyShift))
    .join(DutyMonth, DutyMonth.id == DutyShift.month_id)
    .where(DutyMonth.published_at.is_not(None))
    .order_by(DutyShift.from_at, DutyShift.id)
)
_CHANGES = Prepared(_in_time(table_of(DutyChange)).order_by(DutyChange.id))


def on_duty_at(session: Session, at: datetime) -> dict[str, Recipient]:
    """Return who has each role at an instant by the published roster, without those disabled."""
    holders = rules.on_duty(spans(session, at, at + rules.DAY), at)
    people = {p.id: p for p in people_by_id(session, holders.values())} if holders else {}
    return {role: people[person] for role, person in holders.items() if person in people}


def spans(session: Session, start: datetime, end: datetime) -> list[Span]:
    """Return the published roster as it counts, for a time."""
    time = {"start": start, "end": end}
    shifts, changes = _SHIFTS.rows(session, time), _CHANGES.rows(session, time)
    return rules.effective([Span(*row) for row in shifts], [Span(*row) for row in changes])


def as_span(row: DutyShift | DutyChange) -> Span:
    """Return a row as the rules' value."""
    return Span(row.role, row.person_id, row.from_at, row.to_at)


def month_of(session: Session, month: str) -> DutyMonth | None:
    """Return a month of the roster, None when nobody has begun it."""
    return session.scalar(select(DutyMonth).where(DutyMonth.month == month))


def shifts_of(session: Session, month: DutyMonth | None) -> list[Span]:
    """Return a month's shifts as they were drawn up."""
    if month is None:
        return []
    wanted = select(DutyShift).where(DutyShift.month_id == month.id)
    return [as_span(s) for s in session.scalars(wanted.order_by(DutyShift.from_at, DutyShift.id))]


def changes_in(session: Session, start: datetime, end: datetime) -> Sequence[DutyChange]:
    """Return what was changed of a time, the newest first."""
    wanted = select(DutyChange).where(DutyChange.from_at < end, DutyChange.to_at > start)
    return session.scalars(wanted.order_by(DutyChange.id.desc()).limit(100)).all()


def open_swaps(session: Session) -> Sequence[DutySwap]:
    """Return the requests that wait for an answer."""
    wanted = select(DutySwap).where(DutySwap.state == "asked").order_by(DutySwap.id).limit(100)
    return session.scalars(wanted).all()


def candidates(session: Session, now: datetime) -> list[Recipient]:
    """Return who may stand in the roster."""
    found = people_with_role(session, now, ROSTER_ROLES)
    return list({person.id: person for person in found}.values())
