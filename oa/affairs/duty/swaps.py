"""Swaps: one asks, the other agrees, and from then on it counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.identity.directory import people_by_id
from kernel.platform import Platform
from oa.affairs.duty import due, queries, rules, service
from oa.affairs.duty.models import DutySwap


def ask(
    platform: Platform, session: Session, now: datetime, actor: Actor, span: rules.Span, reason: str
) -> DutySwap:
    """Ask another to take over a time that is one's own by the roster."""
    own = [s for s in queries.spans(session, span.start, span.end) if s.role == span.role]
    mine = bool(own) and all(s.person == actor.person_id for s in own) and not [
        g for g in rules.gaps(own, span.start, span.end) if g.role == span.role
    ]  # fmt: skip
    if not span.start < span.end or span.start < now or not mine:
        raise Invalid.field("from", "只能为本人今后的班次申请换班。")
    if span.person == actor.person_id or span.person not in {p.id for p in queries.candidates(session, now)}:
        raise Invalid.field("person", "请选择另一位值班人员。")
    if not reason.strip():
        raise Invalid.field("reason", "请填写原因。")
    swap = DutySwap(
        role=span.role, asker_id=actor.person_id, person_id=span.person, from_at=span.start,
        to_at=span.end, reason=reason.strip()[:200], state="asked", at=now,
    )  # fmt: skip
    session.add(swap)
    session.flush()
    audit.record(session, now, "duty.swap_asked", f"duty:swap:{swap.id}", {"by": actor.username})
    title = f"【换班申请】{actor.display_name}请您代{rules.ROLE_LABELS[span.role]}"
    start, end = (t.astimezone(platform.zone) for t in (span.start, span.end))
    body = f"{start:%Y-%m-%d %H:%M} 至 {end:%Y-%m-%d %H:%M}\n原因：{swap.reason}\n请在值班表页面答复。"
    due.tell(platform, session, now, people_by_id(session, [span.person]), f"swap:{swap.id}", title, body)
    return swap


def answer(
    platform: Platform, session: Session, now: datetime, actor: Actor, swap_id: int, *, accepted: bool
) -> None:
    """Agree to a swap or refuse it; only the one who was asked may."""
    swap = session.scalar(select(DutySwap).where(DutySwap.id == swap_id).with_for_update())
    if swap is None:
        raise NotFound("没有这个换班申请。")
    if swap.person_id != actor.person_id:
        raise Forbidden("只有被请求的人可以答复。")
    if swap.state != "asked":
        raise Conflict("这个换班申请已经答复。")
    swap.state, swap.decided_at = "accepted" if accepted else "refused", now
    if accepted:
        span = rules.Span(swap.role, swap.person_id, swap.from_at, swap.to_at)
        service.take_over(platform, session, now, actor.username, "swap", span, swap.reason)
    audit.record(session, now, "duty.swap_answered", f"duty:swap:{swap.id}", {"accepted": accepted})
    title = f"【换班】{actor.display_name}{'已同意' if accepted else '未同意'}"
    people = people_by_id(session, [swap.asker_id])
    due.tell(platform, session, now, people, f"swapped:{swap.id}", title, title)
