"""Messages of the contract's calendar, all through the outbox. Each key says its message once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kernel.identity.directory import Recipient, people_with_role
from kernel.outbox import Draft, enqueue
from kernel.platform import Platform
from sla.contract import Contract
from sla.obligations import words
from sla.obligations.duties import KIND_LABELS
from sla.obligations.facts import OUTCOME_LABELS, A, B
from sla.obligations.models import ContractFact
from sla.obligations.rules import Obligation

ROLES = {A: ("supervisor", "payer_supervisor"), B: ("provider_manager",)}
URL = "/obligations"


def remind(
    platform: Platform,
    session: Session,
    now: datetime,
    contract: Contract,
    found: Sequence[Obligation],
    rung: str,
) -> None:
    """Tell who owes what is due soon; once it is overdue, both sides. `found` have one kind and one day."""
    first = found[0]
    late = rung == "due"
    days = 0 if late else int(rung.partition(":")[2])
    head = "【逾期】" if late else f"【还有{days}天】"
    due = f"{first.due}（含）前"
    sides = (A, B) if late else (first.duty.owed_by,)
    for person in _people(session, now, sides):
        mine = [each for each in found if person.scope is None or each.duty.payer == person.scope]
        if mine:
            title = f"{head}{KIND_LABELS[first.duty.kind]}：{due}"
            body = f"义务方：{words.PARTY_LABELS[first.duty.owed_by]}。应于{due}履行：\n"
            key = f"obligation:{contract.key}:{first.key}:{first.due}:{rung}"
            _tell(platform, session, now, person, key, title, body + words.lines(contract, mine))


def recorded(
    platform: Platform, session: Session, now: datetime, contract: Contract, fact: ContractFact
) -> None:
    """Tell the other side of a notice or an answer; everything else is read in the calendar."""
    other = B if fact.side == A else A
    if fact.kind == "breach_notice":
        title = f"【违约通知】{fact.subject}：请在{contract.support.breach_reply_days}日内书面答复"
    elif fact.kind == "breach_answer":
        title = f"【答复】{fact.subject}：{OUTCOME_LABELS[fact.outcome or '']}"
    else:
        return
    for person in _people(session, now, (other,)):
        if person.scope is None:
            _tell(platform, session, now, person, f"fact:{fact.id}", title, fact.text or "")


def _people(session: Session, now: datetime, sides: Iterable[str]) -> list[Recipient]:
    roles = [role for side in sides for role in ROLES[side]]
    return list({person.id: person for person in people_with_role(session, now, roles)}.values())


def _tell(
    platform: Platform, session: Session, now: datetime, person: Recipient, key: str, title: str, body: str
) -> None:
    text = f"{body}\n\n{platform.settings.base_url}{URL}"
    addresses = (("email", person.email), ("inapp", person.username))
    drafts = [
        Draft(f"{key}:{channel}:{person.id}", "obligations", channel, address, title, text, person.id, URL)
        for channel, address in addresses
        if address
    ]
    enqueue(session, now, drafts)
