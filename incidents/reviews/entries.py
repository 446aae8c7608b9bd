"""The record of a review: entries that are never changed, each attested in the audit chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents import service as incidents
from incidents.models import Incident
from incidents.reviews import owed, rules
from incidents.reviews.models import Review, ReviewEntry
from incidents.rules import CLOSED
from kernel import audit, feed
from kernel.crypto import canonical_json, sm3_hex
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _

ENTRY_ACTION = "review.entry"


def begun(session: Session, now: datetime, number: str, if_version: int | None) -> tuple[Incident, Review]:
    """Return the incident and its review, locked; an optional one is begun here. 409 before closing."""
    incident = incidents.find(session, number, for_update=True)
    review = session.scalar(select(Review).where(Review.incident_id == incident.id).with_for_update())
    if incident.state != CLOSED:
        raise Conflict("故障关闭之后才能复盘。", code="impossible")
    if review is None:
        review = owed.create(session, incident, now)
    elif if_version is not None and review.version != if_version:
        raise Conflict("页面已过期：其他人刚更新了这份复盘，请刷新后再操作。", code="stale")
    return incident, review


def write(
    session: Session,
    now: datetime,
    actor: Actor,
    incident: Incident,
    review: Review,
    kind: str,
    text: str | None,
    data: Mapping[str, Any],
) -> None:
    """Append an entry to the review and its digest to the audit chain."""
    last = select(func.max(ReviewEntry.seq)).where(ReviewEntry.review_id == review.id)
    plain = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in data.items()}
    row = {
        "seq": (session.scalar(last) or 0) + 1,
        "type": kind,
        "text": text,
        "data": plain,
        "actor": actor.username,
        "actor_name": actor.display_name,
        "at": now,
    }
    session.add(ReviewEntry(review_id=review.id, **row))
    review.version += 1
    session.flush()
    detail = {"type": kind, "digest": entry_digest(row)}
    audit.record(session, now, ENTRY_ACTION, f"review:{incident.number}#{row['seq']}", detail)
    feed.announce(session, now, "incident", f"/incidents/{incident.number}/review")


def entry_digest(row: Mapping[str, Any]) -> str:
    """Return the SM3 of an entry's content, as the audit chain keeps it."""
    names = ("seq", "type", "text", "data", "actor", "actor_name", "at")
    return sm3_hex(canonical_json({name: row[name] for name in names}))


def told(text: str | None) -> str | None:
    """Return the words as kept: stripped, None when empty; 422 when too long."""
    words = (text or "").strip()
    if len(words) > rules.LONGEST:
        raise Invalid.field("text", _("最多%(most)s字。", most=rules.LONGEST))
    return words or None
