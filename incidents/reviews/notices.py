"""Messages that reviews cause, all through the outbox. Each key says its message once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import people
from incidents.models import Incident
from incidents.reviews import rules
from incidents.reviews.models import Review, ReviewAction
from kernel.identity.directory import Recipient
from kernel.identity.models import Person
from kernel.outbox import enqueue
from kernel.outbox.personal import Letter, to_each
from kernel.platform import Platform

_MOVED = {
    "done": "【请核验】整改事项已完成",
    "verified": "【已核验】整改事项",
    "reopened": "【退回重做】整改事项",
    "dropped": "【已撤销】整改事项",
}


def submitted(
    platform: Platform, session: Session, now: datetime, incident: Incident, review: Review
) -> None:
    """Ask party A to read the review."""
    told = people.party_a(session, now, incident.payers)
    tell(platform, session, now, incident, told, f"submitted:{review.version}", "【请审阅】故障复盘", "")


def decided(
    platform: Platform, session: Session, now: datetime, incident: Incident, review: Review, text: str | None
) -> None:
    """Tell party B what party A has decided."""
    words = "【已通过】故障复盘" if review.state == rules.ACCEPTED else "【退回】故障复盘，请修改后重新提交"
    told = people.managers(session, now)
    tell(platform, session, now, incident, told, f"decided:{review.version}", words, text or "")


def action_added(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    action: ReviewAction,
    owner: Recipient,
) -> None:
    """Tell the owner what is expected and until when."""
    due = action.due_at.astimezone(platform.zone)
    body = f"{action.title}\n请在 {due:%Y-%m-%d %H:%M} 前完成，并写明完成情况。"
    tell(platform, session, now, incident, [owner], f"action:{action.id}", "【整改事项】由您负责", body)


def action_moved(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    action: ReviewAction,
    kind: str,
    text: str | None,
) -> None:
    """Ask party A to verify what is done; tell the owner of anything else."""
    told = people.party_a(session, now, incident.payers) if kind == "done" else owner_of(session, action)
    key = f"action:{action.id}:{kind}:{now.timestamp()}"
    tell(platform, session, now, incident, told, key, _MOVED[kind], f"{action.title}\n{text or ''}")


def owner_of(session: Session, action: ReviewAction) -> list[Recipient]:
    """Return whom to tell of an action item."""
    found = session.scalars(select(Person).where(Person.id == action.owner_id))
    return [Recipient(p.id, p.username, p.display_name, p.email, None) for p in found]


def tell(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    told: Iterable[Recipient],
    key: str,
    words: str,
    body: str,
) -> None:
    """Tell everybody once, by mail and in the platform, with the way to the review."""
    url = f"/incidents/{incident.number}/review"
    text = f"{incident.number} {incident.title}\n{body}\n\n{platform.settings.base_url}{url}"
    once, ref = f"review:{incident.id}:{key}", f"review:{incident.number}"
    letter = Letter(once, ref, f"{words}：{incident.title}", text, url)
    enqueue(session, now, to_each(told, letter))
