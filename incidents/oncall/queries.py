"""Reads of pages: what was sent for an incident and what became of it, as timeline entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.oncall.models import OncallPage
from incidents.oncall.rules import TARGET_LABELS
from kernel.identity.models import Person
from kernel.outbox.models import DEAD, SENT, Message
from kernel.outbox.reach.rules import CHANNEL_LABELS
from kernel.web.formats import clocktime, duration
from kernel.web.i18n import gettext as _

MOST = 300
LATE = timedelta(minutes=1)
"""A delay between due and sent that is longer stands on the timeline."""


def messages(session: Session, incident: Incident) -> list[tuple[Message, str]]:
    """Return the newest messages about an incident, with their receivers' names."""
    wanted = (
        select(Message, Person.display_name)
        .join(Person, Person.id == Message.person_id)
        .where(Message.ref == f"incident:{incident.number}")
        .order_by(Message.id.desc())
    )
    return [(message, name) for message, name in session.execute(wanted.limit(MOST))]


def pages(session: Session, incident_id: int) -> list[OncallPage]:
    """Return the pages of an incident, in order."""
    wanted = select(OncallPage).where(OncallPage.incident_id == incident_id).order_by(OncallPage.id)
    return list(session.scalars(wanted.limit(MOST)))


def notices(session: Session, incident: Incident) -> list[dict[str, Any]]:
    """Return each notification once, with everybody it went to, by which channels, and the receipts."""
    rungs = {(page.deadline_id, page.person_id): page for page in pages(session, incident.id)}
    groups: dict[tuple[datetime, str], list[tuple[Message, str]]] = {}
    for message, name in messages(session, incident):
        groups.setdefault((message.created_at, message.title), []).append((message, name))
    return [_entry(at, title, told, rungs) for (at, title), told in groups.items()]


def _entry(
    at: datetime,
    title: str,
    told: Iterable[tuple[Message, str]],
    rungs: dict[tuple[int, int], OncallPage],
) -> dict[str, Any]:
    lines, tone, page = [], "neutral", None
    for message, name in sorted(told, key=lambda each: each[0].id):
        found = rungs.get((_deadline(message.key), message.person_id or 0))
        page = page or found
        who = f"{_(TARGET_LABELS[found.target])} {name}" if found else name
        since = found.due_at if found else message.created_at
        lines.append(
            f"{who} · {_(CHANNEL_LABELS.get(message.channel, message.channel))} · {_fate(message, since)}"
        )
        tone = "over" if message.state == DEAD else tone
    what = _("呼叫：%(title)s", title=title) if page else _("通知：%(title)s", title=title)
    return {"at": at, "who": _("平台"), "what": what, "tone": tone, "noticed": None, "body": "\n".join(lines)}


def _deadline(key: str) -> int:
    parts = key.split(":")
    return int(parts[1]) if parts[0] == "page" else 0


def _fate(message: Message, since: datetime) -> str:
    """Say what became of a message: when it left, arrived, was opened; how late; or that it never will."""
    if message.state == DEAD:
        return _("未送达：%(answer)s", answer=message.answer or "")
    if message.state != SENT or message.sent_at is None:
        return _("待发，已尝试%(n)s次", n=message.attempts)
    said = [_("%(time)s送出", time=clocktime(message.sent_at))]
    if message.sent_at - since > LATE:
        said.append(_("迟发%(span)s", span=duration(message.sent_at - since)))
    if message.arrived_at:
        said.append(_("%(time)s到达", time=clocktime(message.arrived_at)))
    if message.opened_at:
        said.append(_("%(time)s打开", time=clocktime(message.opened_at)))
    return _("，").join(said)
