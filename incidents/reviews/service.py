"""Use cases of a review: hand it in, accept or return it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incidents.reviews import notices, owed, rules
from incidents.reviews.entries import begun, told, write
from incidents.reviews.models import Review
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.deadlines import arm


def submit(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    content: rules.Content,
    if_version: int | None = None,
) -> Review:
    """Hand the review in; 422 names what is missing, 409 when it is with party A or accepted already."""
    incident, review = begun(session, now, number, if_version)
    if review.state not in rules.WRITABLE:
        raise Conflict(
            _("复盘%(state)s，不能再改。", state=_(rules.STATE_LABELS[review.state])), code="impossible"
        )
    if errors := rules.check(content):
        raise Invalid(_("；").join(dict.fromkeys(_(e.message) for e in errors)), errors=errors)
    review.state, review.cause, review.content = rules.SUBMITTED, content.cause, content.as_dict()
    write(session, now, actor, incident, review, "submitted", None, content.as_dict())
    arm(session, now, owed.SUBJECT, review.id, [])
    notices.submitted(platform, session, now, incident, review)
    return review


def decide(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    *,
    accepted: bool,
    text: str | None = None,
    if_version: int | None = None,
) -> Review:
    """Accept the review or return it with a reason; 409 when none has been handed in."""
    incident, review = begun(session, now, number, if_version)
    if review.state != rules.SUBMITTED:
        raise Conflict(_("复盘尚未提交，或已有决定。"), code="impossible")
    if not accepted and not (text or "").strip():
        raise Invalid.field("text", "请说明退回的理由。")
    kind = "accepted" if accepted else "returned"
    review.state = kind
    write(session, now, actor, incident, review, kind, told(text), {})
    if not accepted and review.required:
        owed.oblige(platform, session, now, review, since=now)
    notices.decided(platform, session, now, incident, review, text)
    return review
