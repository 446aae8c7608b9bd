"""Draw up a month, publish it, let somebody take over; deadlines and notices follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.db.bulk import insert_many
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.identity.directory import people_by_id
from kernel.outbox.reach import addresses
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from oa.affairs.duty import queries, rules
from oa.affairs.duty.integrity import ACTION, change_digest, subject
from oa.affairs.duty.models import DutyChange, DutyMonth, DutyShift
from sla.deadlines import arm

SUBJECT = "duty"
MORNING = "08:00"
Cells = Mapping[tuple[date, str], int]


class Due(NamedTuple):
    """A deadline of the roster: a role changes hands, or a morning's check."""

    clock: str
    rung: str
    due_at: datetime


def save(
    platform: Platform, session: Session, now: datetime, actor: Actor, month: str, cells: Cells
) -> DutyMonth:
    """Write a draft: who has which role on which day; 409 once it is published."""
    found = _draft(session, month)
    starts, zone = platform.settings.duty_starts, platform.zone
    known = {person.id for person in queries.candidates(session, now)}
    if not set(cells.values()) <= known:
        raise Invalid.field("person", "请从名单中选择值班人员。")
    session.execute(delete(DutyShift).where(DutyShift.month_id == found.id))
    rows = [
        {
            "month_id": found.id,
            "role": role,
            "person_id": person,
            "from_at": rules.begins(day, starts, zone),
            "to_at": rules.begins(day + rules.DAY, starts, zone),
        }
        for (day, role), person in sorted(cells.items())
    ]
    insert_many(session, DutyShift, rows)
    audit.record(session, now, "duty.saved", f"duty:{month}", {"shifts": len(rows), "by": actor.username})
    return found


def _draft(session: Session, month: str) -> DutyMonth:
    found = session.scalar(select(DutyMonth).where(DutyMonth.month == month).with_for_update())
    if found is None:
        found = DutyMonth(month=month)
        session.add(found)
        session.flush()
    if found.published_at is not None:
        raise Conflict(_("%(month)s的值班表已发布，请用“调整”或“换班”修改。", month=month))
    return found


def fill(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    month: str,
    role: str,
    people: list[int],
    every: int,
) -> None:
    """Let people take turns in a role over the whole month; the other roles stay."""
    if not people:
        raise Invalid.field("people", "请至少选择一人。")
    zone = platform.zone
    shifts = queries.shifts_of(session, queries.month_of(session, month))
    cells = {(s.start.astimezone(zone).date(), s.role): s.person for s in shifts if s.role != role}
    turns = rules.rotation(rules.days_of(month), people, every)
    save(platform, session, now, actor, month, cells | {(day, role): p for day, p in turns.items()})


def publish(platform: Platform, session: Session, now: datetime, actor: Actor, month: str) -> None:
    """Let the month count; refused while anybody is missing, doubly booked or cannot be reached."""
    found = _draft(session, month)
    start, end = rules.month_range(month, platform.settings.duty_starts, platform.zone)
    shifts = queries.shifts_of(session, found)
    problems = troubles(platform, session, shifts, start, end)
    if problems:
        raise Conflict(_("还不能发布：%(what)s", what=_("；").join(problems)), code="roster")
    found.published_at, found.published_by = now, actor.username
    session.flush()
    keep(platform, session, now, start, end)
    audit.record(session, now, "duty.published", f"duty:{month}", {"by": actor.username})


def troubles(
    platform: Platform, session: Session, shifts: list[rules.Span], start: datetime, end: datetime
) -> list[str]:
    """Say what is wrong with a roster for a time: gaps, double bookings, people without any way to them."""

    def when(at: datetime) -> str:
        return f"{at.astimezone(platform.zone):%Y-%m-%d %H:%M}"

    words, names = [], {p.id: p.display_name for p in people_by_id(session, {s.person for s in shifts})}
    for gap in rules.gaps(shifts, start, end):
        what = {"role": _(rules.ROLE_LABELS[gap.role]), "from": when(gap.start), "to": when(gap.end)}
        words.append(_("%(role)s在%(from)s至%(to)s无人值班", **what))
    for _first, second in rules.double_bookings(shifts):
        what = {"name": names.get(second.person, "?"), "from": when(second.start)}
        words.append(_("%(name)s在%(from)s重复排班", **what))
    silent = unreachable(platform, session, shifts)
    return words + [_("%(name)s没有任何站外联系方式，无法呼叫", name=name) for name in silent]


def unreachable(platform: Platform, session: Session, spans: Iterable[rules.Span]) -> list[str]:
    """Name the people of the roster whom no channel outside the platform reaches (or who are disabled)."""
    wanted = sorted({span.person for span in spans})
    people = people_by_id(session, wanted)
    known = addresses(platform, session, people)
    named = {p.id: p.display_name for p in people if set(known[p.id]) - {"inapp"}}
    silent = [p.display_name for p in people if p.id not in named]
    return silent + [f"#{person}" for person in wanted if person not in known]


def take_over(
    platform: Platform,
    session: Session,
    now: datetime,
    by: str,
    kind: str,
    span: rules.Span,
    reason: str,
) -> DutyChange:
    """Let somebody have a role for a time: appended, never changed afterwards."""
    if not span.start < span.end or span.end <= now:
        raise Invalid.field("to", "结束时间应晚于开始时间和现在。")
    if span.end - span.start > timedelta(days=31):
        raise Invalid.field("to", "一次最多调整31天。")
    if not reason.strip():
        raise Invalid.field("reason", "请填写原因。")
    if span.person not in {p.id for p in queries.candidates(session, now)}:
        raise Invalid.field("person", "请从名单中选择值班人员。")
    if names := unreachable(platform, session, [span]):
        raise Invalid.field("person", _("%(name)s没有任何站外联系方式，无法呼叫", name=names[0]))
    others = [s for s in queries.spans(session, span.start, span.end) if s.role != span.role]
    if any(s.person == span.person and s.start < span.end and span.start < s.end for s in others):
        raise Invalid.field("person", "此人该时段已有其他班次。")
    change = DutyChange(
        kind=kind, role=span.role, person_id=span.person, from_at=span.start, to_at=span.end,
        reason=reason.strip()[:200], by=by, at=now,
    )  # fmt: skip
    session.add(change)
    session.flush()
    keep(platform, session, now, span.start, span.end)
    session.refresh(change)
    row = {c.name: getattr(change, c.name) for c in DutyChange.__table__.columns}
    audit.record(session, now, ACTION, subject(change.id), row | {"digest": change_digest(row)})
    return change


def keep(platform: Platform, session: Session, now: datetime, start: datetime, end: datetime) -> None:
    """Arm the handoffs and morning checks of every published month that a time touches."""
    zone, starts = platform.zone, platform.settings.duty_starts
    months = session.scalars(select(DutyMonth).where(DutyMonth.published_at.is_not(None)))
    for month in months:
        first, last = rules.month_range(month.month, starts, zone)
        if last < start or end < first:
            continue
        spans = queries.spans(session, first - rules.DAY, last + rules.DAY)
        wanted = [
            Due(h.role, f"{h.at.astimezone(zone):%m%d%H%M}", h.at) for h in rules.handoffs(spans, first, last)
        ]
        mornings = [rules.begins(day, MORNING, zone) for day in rules.days_of(month.month)]
        wanted += [Due("morning", f"{at:%m%d}", at) for at in mornings]
        arm(session, now, SUBJECT, month.id, [w for w in wanted if w.due_at >= now])
