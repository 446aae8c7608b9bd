"""Reminders to party A of what it has not decided; they stand in the one engine and have no legal effect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import log, notify, service
from incidents.models import Incident
from incidents.requests import rules
from kernel.platform import Platform
from sla import pinned
from sla.deadlines import arm

SUBJECT = "request"


def keep(
    platform: Platform, session: Session, now: datetime, incident: Incident, requests: Sequence[rules.Request]
) -> None:
    """Make the incident's reminders those of its open requests; called after every change."""
    before = incident.awaiting
    if before or requests:
        incident.awaiting = len(requests)
        pause = timedelta(days=platform.settings.reminder_days)
        arm(session, now, SUBJECT, incident.id, rules.reminders(requests, now, pause))


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Remind party A, unless it has decided meanwhile, and arm the next reminder."""
    due: dict[int, list[Any]] = {}
    for row in rows:
        due.setdefault(row.subject_id, []).append(row)
    wanted = select(Incident).where(Incident.id.in_(list(due))).order_by(Incident.id)
    incidents = session.scalars(wanted.with_for_update()).all()
    events = log.load(session, due)
    for incident in incidents:
        contract = pinned.version(session, incident.contract)
        requests = rules.waiting(service.life_of(contract, events[incident.id]), events[incident.id])
        for row in due[incident.id]:
            if since := [r.since for r in requests if r.kind == row.clock]:
                words = rules.REQUEST_LABELS[row.clock]
                notify.remind(platform, session, now, incident, words, min(since), f"{row.clock}:{row.rung}")
        keep(platform, session, now, incident, requests)
