"""Say a broadcast to every recipient of party A, by mail and in the platform; ask for its words before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import people
from incidents.broadcasts import rules
from incidents.broadcasts.words import broadcast_text, broadcast_title
from incidents.models import Broadcast, Incident
from kernel import audit
from kernel.identity.models import Person
from kernel.outbox import Draft, enqueue
from kernel.outbox.models import Message
from kernel.outbox.personal import Letter, to_each
from kernel.platform import Platform
from sla.verdict import Verdict


def ref_of(broadcast_id: int) -> str:
    """Return what the broadcast's messages refer to."""
    return f"broadcast:{broadcast_id}"


def send(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    broadcast: Broadcast,
    verdict: Verdict,
) -> None:
    """Put the broadcast into the outbox, with a person's words or marked automatic; never waits for words."""
    broadcast.automatic = 0 if rules.has_words(broadcast.text) else 1
    broadcast.sent_at = now
    if broadcast.slot >= 0:
        broadcast.state = rules.SCHEDULED
    session.flush()
    issue = issue_of(session, broadcast)
    title = broadcast_title(incident, broadcast, issue)
    text = broadcast_text(platform, incident, broadcast, issue, verdict)
    enqueue(session, now, _drafts(session, now, incident, broadcast, title, text))
    detail = {"slot": broadcast.slot, "due_at": broadcast.due_at, "automatic": bool(broadcast.automatic)}
    audit.record(session, now, "broadcast.queued", f"incident:{incident.number}", detail)


def issue_of(session: Session, broadcast: Broadcast) -> int:
    """Return N of 第N期: the broadcast's place among all of its incident."""
    earlier = select(Broadcast.id).where(
        Broadcast.incident_id == broadcast.incident_id,
        Broadcast.sent_at.is_not(None),
        Broadcast.id != broadcast.id,
        Broadcast.due_at <= broadcast.due_at,
    )
    return len(session.scalars(earlier).all()) + 1


def _drafts(
    session: Session,
    now: datetime,
    incident: Incident,
    broadcast: Broadcast,
    title: str,
    text: str,
) -> list[Draft]:
    url = f"/incidents/{incident.number}/broadcasts/{broadcast.id}"
    letter = Letter(f"broadcast:{broadcast.id}", ref_of(broadcast.id), title, text, url)
    return to_each(people.party_a(session, now, incident.payers), letter)


def ask_for_words(
    platform: Platform, session: Session, now: datetime, incident: Incident, broadcast: Broadcast
) -> None:
    """Ask the duty engineers for impact, progress, next step and expected restoration; once a slot."""
    if rules.has_words(broadcast.text):
        return
    due = broadcast.due_at.astimezone(platform.zone)
    title = f"【待填写】{due:%H:%M}通报：{incident.title}"
    body = (
        f"重大故障 {incident.number} 的通报将于 {due:%H:%M} 发出。\n"
        f"请填写影响范围、处置进展、下一步措施和预计恢复时间；不填写将发出“{rules.AUTOMATIC}”\n\n"
        f"{platform.settings.base_url}/incidents/{incident.number}#broadcast"
    )
    once, url = f"prompt:{broadcast.id}", f"/incidents/{incident.number}#broadcast"
    told = people.engineers(session, now)
    enqueue(session, now, to_each(told, Letter(once, once, title, body, url)))


def receipts(session: Session, broadcast_ids: Sequence[int]) -> dict[int, list[rules.Receipt]]:
    """Return who was told how, by broadcast; in-app messages count when opened, mail when accepted."""
    refs = {ref_of(i): i for i in broadcast_ids}
    rows = session.execute(
        select(Message, Person.display_name)
        .join(Person, Person.id == Message.person_id)
        .where(Message.ref.in_(list(refs)))
        .order_by(Message.person_id)
    ).all()
    found: dict[int, dict[int, rules.Receipt]] = {i: {} for i in broadcast_ids}
    for message, name in rows:
        mine = found[refs[message.ref]]
        old = mine.get(message.person_id, rules.Receipt(message.person_id, name, "", None, None, None))
        if message.channel == "inapp":
            mine[message.person_id] = old._replace(opened_at=message.opened_at)
        else:
            mine[message.person_id] = old._replace(
                address=message.address, accepted_at=message.sent_at, answer=message.answer
            )
    return {i: list(people_told.values()) for i, people_told in found.items()}
