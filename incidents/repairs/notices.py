"""Letters that repairs cause, through the outbox; each says its message once to each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.repairs import rules
from incidents.repairs.models import RepairRun
from kernel.identity.directory import people_with_role
from kernel.identity.models import Person as Account
from kernel.outbox import enqueue
from kernel.outbox.personal import Letter, Person, to_each
from kernel.platform import Platform

APPROVERS = ("provider_manager", "supervisor")


def asked(platform: Platform, session: Session, now: datetime, run: RepairRun, incident: Incident) -> None:
    """Tell those who may approve, except who asked."""
    people = [p for p in people_with_role(session, now, APPROVERS) if p.username != run.asked_by]
    words = f"请决定是否执行修复剧本：{run.target}"
    letter = _letter(platform, run, incident, "asked", words, run.reason)
    enqueue(session, now, to_each(people, letter))


def decided(platform: Platform, session: Session, now: datetime, run: RepairRun, incident: Incident) -> None:
    """Tell who asked that it will not run."""
    words = f"修复剧本未获批准：{run.target}"
    people = _people(session, {run.asked_by})
    letter = _letter(platform, run, incident, "decided", words, run.decision_text or "")
    enqueue(session, now, to_each(people, letter))


def ended(platform: Platform, session: Session, now: datetime, run: RepairRun, incident: Incident) -> None:
    """Tell who asked and who approved how it ended."""
    words = f"修复剧本{rules.STATE_LABELS[run.state]}：{run.target}"
    people = _people(session, {run.asked_by, run.decided_by or ""})
    message = str((run.result or {}).get("message") or "")
    letter = _letter(platform, run, incident, "ended", words, message)
    enqueue(session, now, to_each(people, letter))


def _people(session: Session, names: set[str]) -> Iterable[Person]:
    wanted = select(Account.id, Account.username, Account.email).where(Account.username.in_(names))
    return session.execute(wanted.order_by(Account.id)).all()


def _letter(
    platform: Platform, run: RepairRun, incident: Incident, key: str, words: str, body: str
) -> Letter:
    url = f"/repairs/{run.number}"
    text = f"{run.number} · {incident.number} {incident.title}\n{body}\n\n{platform.settings.base_url}{url}"
    return Letter(f"repair:{run.id}:{key}", f"repair:{run.number}", words, text, url)
