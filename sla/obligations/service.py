"""Use cases of the contract's calendar: where it stands, put a fact on record, keep the deadlines armed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.db.once import insert_once
from kernel.errors import Forbidden, Invalid
from kernel.identity.actor import Actor
from kernel.platform import Platform
from sla.calendars import chinese_working_days
from sla.contract import Contract
from sla.deadlines import arm
from sla.obligations import notify, record
from sla.obligations.facts import Fact
from sla.obligations.models import ContractFact, ObligationKey
from sla.obligations.record import fact_of, rows_of
from sla.obligations.rules import Obligation, assess
from sla.obligations.told import Told
from sla.settlement import queries as settlement

SUBJECT = "obligation"
REMIND_AT = time(9)
"""When a reminder goes out, in the contract's zone."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A deadline of an obligation: `due`, or so many days before."""

    clock: str
    rung: str
    due_at: datetime


def current(session: Session, contract: Contract, now: datetime) -> list[Obligation]:
    """Return every obligation as it stands."""
    return assessed(session, contract, [fact_of(row) for row in rows_of(session, contract)], now)


def assessed(session: Session, contract: Contract, facts: Sequence[Fact], now: datetime) -> list[Obligation]:
    """Return every obligation as these facts leave it."""
    payables = settlement.account(session, contract, facts, now).payables()
    today = now.astimezone(contract.zone).date()
    return assess(contract, facts, payables, chinese_working_days(), today)


def add_fact(
    platform: Platform, session: Session, now: datetime, actor: Actor, contract: Contract, told: Told
) -> ContractFact:
    """Put a fact on record, tell the other side where that matters, and re-arm the deadlines."""
    if told.kind == "waiver" and told.subject:
        _demand_creditor(session, now, actor, contract, told.subject)
    fact = record.add(session, now, actor, contract, told)
    notify.recorded(platform, session, now, contract, fact)
    rearm(session, contract, now)
    return fact


def _demand_creditor(session: Session, now: datetime, actor: Actor, contract: Contract, key: str) -> None:
    found = next((each for each in current(session, contract, now) if each.key == key), None)
    if found is None:
        raise Invalid.field("subject", "没有这项义务。")
    if found.duty.owed_by == record.side_of(actor):
        raise Forbidden("义务只能由对方免除。")


def rearm(session: Session, contract: Contract, now: datetime) -> int:
    """Make the armed deadlines equal to what is still owed; returns how many rows changed.

    What already lay in the past when it became known is shown, not announced.
    """
    found = current(session, contract, now)
    ids = _ids(session, contract, [each.key for each in found])
    gone = [row for key, row in ids.items() if key not in {each.key for each in found}]
    changed = sum(arm(session, now, SUBJECT, row, []) for row in gone)
    for each in found:
        wanted = [rung for rung in rungs(contract, each) if rung.due_at >= now]
        changed += arm(session, now, SUBJECT, ids[each.key], wanted)
    return changed


def rungs(contract: Contract, obligation: Obligation) -> list[Rung]:
    """Return the reminders and the end of the last day, as long as the obligation is open."""
    if obligation.due is None or not obligation.open:
        return []
    kind, due = obligation.duty.kind, obligation.due
    reminders = [
        Rung(kind, f"before:{days}", _at(contract, due - timedelta(days=days), REMIND_AT))
        for days in contract.obligations.remind_days
        if due - timedelta(days=days) >= obligation.duty.since
    ]
    return [*reminders, Rung(kind, "due", _at(contract, due + timedelta(days=1), time()))]


def _at(contract: Contract, day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, contract.zone)


def _ids(session: Session, contract: Contract, keys: Sequence[str]) -> dict[str, int]:
    """Return the engine's id of every obligation ever armed, locked: two processes never arm at once."""
    wanted = select(ObligationKey.key, ObligationKey.id).where(ObligationKey.contract == contract.key)
    known = set(session.scalars(select(ObligationKey.key).where(ObligationKey.contract == contract.key)))
    for key in keys:
        if key not in known:
            insert_once(session, ObligationKey, {"contract": contract.key, "key": key})
    locked = wanted.order_by(ObligationKey.id).with_for_update()
    return dict(session.execute(locked).tuples().all())


def keys_of(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return (contract, obligation) of the engine's subjects."""
    wanted = select(ObligationKey).where(ObligationKey.id.in_(list(ids)))
    return {row.id: (row.contract, row.key) for row in session.scalars(wanted)}
