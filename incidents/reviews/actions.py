"""Action items: put on the list, done by their owners, verified by party A."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.reviews import notices, rules
from incidents.reviews.entries import begun, told, write
from incidents.reviews.models import ReviewAction
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.identity.directory import Recipient, people_with_role
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.deadlines import arm

ACTION_SUBJECT = "review_action"
OWNER_ROLES = ("engineer", "ops", "provider_manager", "supervisor")


def add(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    title: str,
    owner: str,
    due_at: datetime | None,
) -> ReviewAction:
    """Put an action item on the list: what, who, until when."""
    incident, review = begun(session, now, number, None)
    person = _checked(session, now, title, owner, due_at)
    last = select(func.max(ReviewAction.seq)).where(ReviewAction.review_id == review.id)
    action = ReviewAction(
        review_id=review.id,
        seq=(session.scalar(last) or 0) + 1,
        title=title.strip(),
        owner_id=person.id,
        state=rules.OPEN,
        added_at=now,
        due_at=due_at,
        done_at=None,
        evidence=None,
    )
    session.add(action)
    session.flush()
    data = {"action": action.seq, "title": action.title, "owner": person.username, "due_at": action.due_at}
    write(session, now, actor, incident, review, "action_added", None, data)
    arm(session, now, ACTION_SUBJECT, action.id, rules.steps("action", now, action.due_at, now))
    notices.action_added(platform, session, now, incident, action, person)
    return action


def _checked(session: Session, now: datetime, title: str, owner: str, due_at: datetime | None) -> Recipient:
    errors = []
    if not title.strip() or len(title) > rules.TITLE_MAX:
        errors.append(FieldError("title", _("请用1至%(most)s字写明要做什么。", most=rules.TITLE_MAX)))
    person = next((p for p in owners(session, now) if p.username == owner), None)
    if person is None:
        errors.append(FieldError("owner", "请选择负责人。"))
    if due_at is None or due_at <= now:
        errors.append(FieldError("due_at", "请给出晚于现在的完成期限。"))
    if errors or person is None:
        raise Invalid(_("；").join(_(e.message) for e in errors), errors=errors)
    return person


def owners(session: Session, now: datetime) -> list[Recipient]:
    """Return everybody who can be given an action item."""
    found = people_with_role(session, now, OWNER_ROLES)
    return list({person.id: person for person in found}.values())


def move(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    seq: int,
    kind: str,
    text: str | None,
) -> ReviewAction:
    """Let something happen to an action item: done, verified, reopened or dropped, each with words."""
    incident, review = begun(session, now, number, None)
    wanted = select(ReviewAction).where(ReviewAction.review_id == review.id, ReviewAction.seq == seq)
    action = session.scalar(wanted.with_for_update())
    if action is None:
        raise NotFound(_("没有第%(n)s项整改事项。", n=seq))
    demand(actor, action, kind)
    before, after = rules.ACTION_MOVES[kind]
    if action.state not in before or (kind == "dropped" and review.state == rules.ACCEPTED):
        state = _(rules.ACTION_LABELS[action.state])
        raise Conflict(_("整改事项处于“%(state)s”，不能这样处理。", state=state), code="impossible")
    if kind != "verified" and not (text or "").strip():
        raise Invalid.field("text", "请填写完成情况或理由。")
    action.state = after
    if kind == "done":
        action.done_at, action.evidence = now, told(text)
    write(session, now, actor, incident, review, f"action_{kind}", told(text), {"action": action.seq})
    ahead = action.state == rules.OPEN
    steps = rules.steps("action", action.added_at, action.due_at, now) if ahead else []
    arm(session, now, ACTION_SUBJECT, action.id, steps)
    notices.action_moved(platform, session, now, incident, action, kind, text)
    return action


def demand(actor: Actor, action: ReviewAction, kind: str) -> None:
    """Raise 403 unless the step is this actor's, 422 for a step that there is not."""
    if kind not in rules.ACTION_MOVES:
        raise Invalid.field("kind", _("应为：%(known)s", known=", ".join(rules.ACTION_MOVES)))
    if not may_move(actor, action, kind):
        raise Forbidden("这一步由负责人或另一方完成。")


def may_move(actor: Actor, action: ReviewAction, kind: str) -> bool:
    """Whether the step is this actor's: owners finish, party A verifies, party B drops."""
    if kind == "done":
        mine = actor.person_id is not None and action.owner_id == actor.person_id
        return actor.may("review.write") or (mine and actor.may("review.act"))
    return actor.may("review.write" if kind == "dropped" else "review.decide")
