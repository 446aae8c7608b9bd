"""Improvement items: what came out of a drill, who does it until when, what proves it, and who checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drills import log, notices, service
from drills.log import Said
from drills.models import Drill, DrillItem
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.identity.directory import Recipient, people_by_id, people_with_role
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.deadlines import arm

SUBJECT = "drill_item"
OPEN, DONE, VERIFIED, DROPPED = "open", "done", "verified", "dropped"
STATE_LABELS = {OPEN: "进行中", DONE: "待甲方核验", VERIFIED: "已核验", DROPPED: "已撤销"}
PENDING = (OPEN, DONE)
MOVES = {
    "done": ((OPEN,), DONE),
    "verified": ((DONE,), VERIFIED),
    "reopened": ((DONE,), OPEN),
    "dropped": ((OPEN,), DROPPED),
}
OWNERS = ("engineer", "ops", "provider_manager", "supervisor")
REMIND_AT = 0.75


def owners(session: Session, now: datetime) -> list[Recipient]:
    """Return who may be made responsible, each once."""
    return list({p.id: p for p in people_with_role(session, now, OWNERS)}.values())


def add(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    title: str,
    owner: str,
    due_at: datetime | None,
) -> DrillItem:
    """Put an item on the drill's list; 422 names what is missing."""
    drill = service.find(session, number, for_update=True)
    person = _checked(session, now, title, owner, due_at)
    assert due_at is not None  # noqa: S101 - checked above
    last = select(func.max(DrillItem.seq)).where(DrillItem.drill_id == drill.id)
    item = DrillItem(
        drill_id=drill.id,
        seq=(session.scalar(last) or 0) + 1,
        title=title.strip(),
        owner_id=person.id,
        state=OPEN,
        added_at=now,
        due_at=due_at,
    )
    session.add(item)
    session.flush()
    data = {"item": item.seq, "title": item.title, "owner": person.username, "due_at": due_at.isoformat()}
    log.append(session, now, drill, service.who_of(actor), [Said("item_added", data)])
    _arm(session, now, item)
    body = f"{item.title}\n请在 {due_at.astimezone(platform.zone):%Y-%m-%d %H:%M} 前完成，并写明完成情况。"
    notices.tell_people(
        platform, session, now, drill, [person], f"item:{item.id}", "【演练整改】由您负责", body
    )
    return item


def _arm(session: Session, now: datetime, item: DrillItem) -> None:
    due = service.Rung("item", "due", item.due_at)
    remind = item.added_at + timedelta(seconds=(item.due_at - item.added_at).total_seconds() * REMIND_AT)
    wanted = [due] if item.state == OPEN else []
    if wanted and now < remind < item.due_at:
        wanted = [service.Rung("item", "remind", remind.replace(microsecond=0)), due]
    arm(session, now, SUBJECT, item.id, wanted)


def _checked(session: Session, now: datetime, title: str, owner: str, due_at: datetime | None) -> Recipient:
    errors = []
    if not 0 < len(title.strip()) <= 200:
        errors.append(FieldError("title", "请用1至200字写明做什么。"))
    person = next((p for p in owners(session, now) if p.username == owner), None)
    if person is None:
        errors.append(FieldError("owner", "请从列表中选择负责人。"))
    if due_at is None or due_at <= now:
        errors.append(FieldError("due_at", "期限应晚于现在。"))
    if errors or person is None:
        raise Invalid(_("；").join(_(e.message) for e in errors), errors=errors)
    return person


class Move(NamedTuple):
    """What happens to an item, in whose words, and the drill that tried the improvement."""

    kind: str
    text: str = ""
    redrill: str | None = None


def move(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    seq: int,
    move_to: Move,
) -> DrillItem:
    """Let something happen to an item: done by its owner, verified, returned or dropped by party A."""
    kind, text, redrill = move_to
    drill = service.find(session, number, for_update=True)
    item = session.scalar(select(DrillItem).where(DrillItem.drill_id == drill.id, DrillItem.seq == seq))
    if item is None:
        raise NotFound(_("没有第%(n)s项整改事项。", n=seq))
    if kind not in MOVES:
        raise Invalid.field("kind", _("应为：%(known)s", known=", ".join(MOVES)))
    if not may_move(actor, item, kind):
        raise Forbidden("完成由负责人登记；核验、退回和撤销由甲方决定。")
    before, after = MOVES[kind]
    if item.state not in before:
        raise Conflict(_("这项整改%(state)s，请刷新页面。", state=_(STATE_LABELS[item.state])), code="stale")
    words = text.strip()
    if not words and kind != "verified":
        raise Invalid.field("text", "请写明情况。")
    if redrill:
        service.find(session, redrill)
    item.state = after
    if kind == "done":
        item.done_at, item.proof, item.redrill = now, words, redrill or None
    data = {"item": item.seq, "title": item.title} | ({"redrill": redrill} if redrill else {})
    log.append(session, now, drill, service.who_of(actor), [Said(f"item_{kind}", data, words or None)])
    _arm(session, now, item)
    _tell(platform, session, now, drill, item, kind, words)
    return item


def may_move(actor: Actor, item: DrillItem, kind: str) -> bool:
    """Whether this is the actor's to do."""
    if kind == "done":
        return actor.person_id == item.owner_id
    return actor.may("drill.approve")


_TELLS = {
    "done": "【请核验】演练整改事项已完成",
    "verified": "【已核验】演练整改事项",
    "reopened": "【退回重做】演练整改事项",
    "dropped": "【已撤销】演练整改事项",
}


def _tell(
    platform: Platform, session: Session, now: datetime, drill: Drill, item: DrillItem, kind: str, words: str
) -> None:
    if kind == "done":
        told = people_with_role(session, now, ("supervisor",))
    else:
        told = people_by_id(session, [item.owner_id])
    key = f"item:{item.id}:{kind}:{drill.seq}"
    notices.tell_people(platform, session, now, drill, told, key, _TELLS[kind], f"{item.title}\n{words}")


def of(session: Session, drill_id: int) -> Sequence[DrillItem]:
    """Return a drill's items in order."""
    wanted = select(DrillItem).where(DrillItem.drill_id == drill_id)
    return session.scalars(wanted.order_by(DrillItem.seq)).all()
