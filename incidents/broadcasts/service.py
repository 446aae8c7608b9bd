"""Use cases around a broadcast: write its words, note that it was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import follow, log
from incidents.broadcasts import rules
from incidents.models import Broadcast, Incident
from kernel import audit
from kernel.errors import Conflict, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned

WORDS_MAX = 2000


def next_slot(session: Session, incident: Incident) -> Broadcast | None:
    """Return the earliest slot that has not been sent, the one whose words are wanted."""
    waiting = select(Broadcast).where(
        Broadcast.incident_id == incident.id,
        Broadcast.sent_at.is_(None),
        Broadcast.slot >= 0,
        Broadcast.state == rules.SCHEDULED,
    )
    return session.scalars(waiting.order_by(Broadcast.due_at).limit(1)).first()


def write_words(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    incident: Incident,
    words: Mapping[str, str],
) -> Broadcast:
    """Keep what the next broadcast will say; the first slot goes out at once. 409 without a slot to come."""
    text = {name: str(words.get(name) or "").strip() for name in rules.FIELDS}
    too_long = [name for name, value in text.items() if len(value) > WORDS_MAX]
    if too_long:
        raise Invalid.field(too_long[0], _("请控制在%(most)s字以内。", most=WORDS_MAX))
    if not rules.has_words(text):
        raise Invalid.field("progress", "请至少填写一项，例如处置进展。")
    session.refresh(incident, with_for_update=True)  # the engine may be about to send this very slot
    broadcast = next_slot(session, incident)
    if broadcast is None:
        raise Conflict("目前没有待发的通报：故障未达到重大，或服务已经恢复。")
    broadcast.text = text
    broadcast.author = actor.display_name
    session.flush()
    detail = {"slot": broadcast.slot, "due_at": broadcast.due_at}
    audit.record(session, now, "broadcast.words", f"incident:{incident.number}", detail)
    events = log.load(session, [incident.id])[incident.id]
    contract = pinned.version(session, incident.contract)
    follow.changed(platform, session, now, incident, contract, events, cause="broadcast_words")
    return broadcast


def find(session: Session, incident: Incident, broadcast_id: int) -> Broadcast:
    """Return a broadcast of this incident; 404 when it is another's."""
    found = session.get(Broadcast, broadcast_id)
    if found is None or found.incident_id != incident.id:
        raise NotFound("没有这一期通报。")
    return found
