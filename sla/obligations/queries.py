"""Reads of the contract's calendar, limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kernel.errors import NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations import service
from sla.obligations.models import ContractFact
from sla.obligations.rules import Obligation

PAGE = 50
READ = "obligation.read"


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the calendar is wanted."""

    state: str | None = None
    owed_by: str | None = None


def calendar(
    session: Session, actor: Actor, contract: Contract, now: datetime, wanted: Filter
) -> list[Obligation]:
    """Return the obligations that the actor may see, by due date."""
    found = visible(actor, service.current(session, contract, now))
    return [each for each in found if matches(each, wanted)]


def visible(actor: Actor, found: Sequence[Obligation]) -> list[Obligation]:
    """Leave out what only another payer owes."""
    scopes = actor.scopes(READ)
    return [each for each in found if scopes is None or each.duty.payer is None or each.duty.payer in scopes]


def matches(obligation: Obligation, wanted: Filter) -> bool:
    """Whether the filter lets it through."""
    return wanted.state in (None, obligation.state) and wanted.owed_by in (None, obligation.duty.owed_by)


def facts(
    session: Session, actor: Actor, contract: Contract, cursor: int | None = None, limit: int = PAGE
) -> tuple[Sequence[ContractFact], str | None]:
    """Return a page of the record, the newest first, and the next page's cursor."""
    wanted = select(ContractFact).where(ContractFact.contract == contract.key)
    scopes = actor.scopes(READ)
    if scopes is not None:
        wanted = wanted.where(or_(ContractFact.payer.is_(None), ContractFact.payer.in_(scopes)))
    if cursor is not None:
        wanted = wanted.where(ContractFact.id < cursor)
    rows = session.scalars(wanted.order_by(ContractFact.id.desc()).limit(limit + 1)).all()
    return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None


def notice(session: Session, contract: Contract, number: str) -> ContractFact:
    """Return a breach notice; 404 when there is none."""
    wanted = select(ContractFact).where(
        ContractFact.contract == contract.key,
        ContractFact.kind == "breach_notice",
        ContractFact.subject == number,
    )
    found = session.scalar(wanted)
    if found is None:
        raise NotFound(_("没有违约通知 %(number)s。", number=number))
    return found
