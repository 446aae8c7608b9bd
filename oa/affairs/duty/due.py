"""What is said when a role changes hands, and every morning when the roster has holes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel.identity.directory import Recipient, people_by_id, people_with_role
from kernel.outbox import Draft, enqueue
from kernel.outbox.reach import ways
from kernel.outbox.reach.rules import NOTICE
from kernel.platform import Platform
from oa.affairs.duty import queries, rules, service

AHEAD = 7 * rules.DAY
INSTANT = timedelta.resolution


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """A deadline of the roster has come."""
    for row in rows:
        if row.clock == "morning":
            _morning(platform, session, now, row)
        else:
            _handoff(platform, session, now, row)


def _handoff(platform: Platform, session: Session, now: datetime, row: Any) -> None:
    spans = queries.spans(session, row.due_at - rules.DAY, row.due_at + rules.DAY)
    for change in rules.handoffs(spans, row.due_at, row.due_at + INSTANT):
        if change.role != row.clock:
            continue
        people = {p.id: p for p in people_by_id(session, filter(None, (change.before, change.after)))}
        names = [people[i].display_name if i in people else "（无人）" for i in (change.before, change.after)]
        role = rules.ROLE_LABELS[change.role]
        at = change.at.astimezone(platform.zone)
        title = f"【交接班】{at:%H:%M} {role}：{names[0]} → {names[1]}"
        body = f"{at:%Y-%m-%d %H:%M} 起{role}由{names[1]}担任。请当面或电话交接未结事项。"
        tell(platform, session, now, people.values(), f"handoff:{row.id}", title, body)


def _morning(platform: Platform, session: Session, now: datetime, row: Any) -> None:
    """A person without any way to them, or a gap, is found before the night it matters (OnCall #1326)."""
    spans = queries.spans(session, now, now + AHEAD)
    found = service.troubles(platform, session, spans, now, now + AHEAD)
    if found:
        roles = sorted(platform.catalogue.permissions["duty.edit"].roles)
        told = people_with_role(session, now, roles)
        title = f"【值班表有问题】未来七天共{len(found)}处"
        tell(platform, session, now, told, f"morning:{row.id}", title, "\n".join(found))


def tell(
    platform: Platform,
    session: Session,
    now: datetime,
    told: Iterable[Recipient],
    key: str,
    title: str,
    body: str,
) -> None:
    """Put a notice of the roster into the outbox."""
    people = list({person.id: person for person in told}.values())
    text = f"{body}\n\n{platform.settings.base_url}/duty"
    drafts = [
        Draft(f"duty:{key}:{w.channel}:{w.person.id}", "duty", w.channel, w.address, title, text,
              w.person.id, "/duty")
        for w in ways(platform, session, people, NOTICE)
    ]  # fmt: skip
    enqueue(session, now, drafts)
