"""Silence decides nothing but is noticed: reminders to the party whose turn it is, and word of each decision.

The rows stand in the one deadline table under the subject "penalty"; they have no legal effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import feed
from kernel.identity.directory import people_with_role
from kernel.outbox import enqueue
from kernel.outbox.personal import Letter, to_each
from kernel.platform import Platform
from sla.cases.models import Case
from sla.deadlines import arm
from sla.penalties import ledger, rules
from sla.penalties.models import Penalty

SUBJECT = "penalty"
ROLES = {rules.A: ("supervisor",), rules.B: ("provider_manager",)}
OTHER = {rules.A: rules.B, rules.B: rules.A}
_ASKS = {
    "confirm": (rules.A, "违约记录待甲方确认或撤回"),
    "contest": (rules.B, "异议期将满，请接受或提出异议"),
    "finalize": (rules.A, "异议期已满且乙方未提异议，可以转为生效"),
    "rule": (rules.A, "乙方的异议待甲方决定"),
}


class Word(NamedTuple):
    """What to tell which party; `key` says it once a penalty."""

    party: str
    key: str
    title: str
    more: str


def keep(platform: Platform, session: Session, now: datetime, penalty: Penalty) -> None:
    """Make the penalty's armed reminders those of its present state."""
    pause = timedelta(days=platform.settings.reminder_days)
    wanted = rules.reminders(ledger.life_of(penalty), penalty.since, now, pause)
    arm(session, now, SUBJECT, penalty.id, wanted)
    feed.announce(session, now, "penalty", f"/penalties/{penalty.number}")


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Remind whoever is to move, unless they have moved meanwhile, and arm the next reminder."""
    due: dict[int, list[Any]] = {}
    for row in rows:
        due.setdefault(row.subject_id, []).append(row)
    wanted = select(Penalty, Case).join(Case, Case.id == Penalty.case_id).where(Penalty.id.in_(list(due)))
    for penalty, case in session.execute(wanted.order_by(Penalty.id)).all():
        for row in due[penalty.id]:
            if rules.STATE_OF_CLOCK[row.clock] == penalty.state:
                party, title = _ASKS[row.clock]
                key = f"{row.clock}:{row.rung}:{penalty.version}"
                word = Word(party, key, title, _until(platform, penalty))
                _tell(platform, session, now, penalty, case, word)
        keep(platform, session, now, penalty)


def _until(platform: Platform, penalty: Penalty) -> str:
    if penalty.contest_until is None:
        return "本提醒不产生任何法律后果。"
    return f"异议期至 {penalty.contest_until.astimezone(platform.zone):%Y-%m-%d %H:%M:%S}。"


def decided(
    platform: Platform,
    session: Session,
    now: datetime,
    penalty: Penalty,
    case: Case,
    decision: rules.Decision,
    reason: str,
) -> None:
    """Tell the other party what was decided, and until when it may answer."""
    title = f"{rules.ENTRY_LABELS[decision.entry]}：{rules.STATE_LABELS[penalty.state]}"
    lines = [f"理由：{reason}"]
    if penalty.state == rules.CONFIRMED:
        lines.append(_until(platform, penalty))
    word = Word(OTHER[decision.party], f"{decision.entry}:{penalty.version}", title, "\n".join(lines))
    _tell(platform, session, now, penalty, case, word)


def _tell(
    platform: Platform, session: Session, now: datetime, penalty: Penalty, case: Case, word: Word
) -> None:
    url = f"/penalties/{penalty.number}"
    title = f"【{word.title}】{penalty.number} {case.title}"
    body = (
        f"{penalty.number} {case.subject} {case.title}\n¥{penalty.amount:,}（{penalty.clause}）\n{word.more}"
    )
    text = f"{body}\n\n{platform.settings.base_url}{url}"
    once, ref = f"penalty:{penalty.id}:{word.key}", f"penalty:{penalty.number}"
    told = _people(session, now, word.party)
    enqueue(session, now, to_each(told, Letter(once, ref, title, text, url)))


def _people(session: Session, now: datetime, party: str) -> Iterable[Any]:
    found = people_with_role(session, now, ROLES[party])
    return {person.id: person for person in found}.values()
