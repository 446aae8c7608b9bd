"""Where every instalment stands: issued and frozen, or reckoned from the ledger and the record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFound
from kernel.web.i18n import gettext as _
from sla.calendars import chinese_working_days
from sla.cases.models import Case
from sla.contract import Contract, Instalment
from sla.obligations import duties
from sla.obligations.facts import Fact, standing
from sla.penalties import service as penalties
from sla.penalties.models import Penalty
from sla.penalties.rules import FINAL, REVERSED, ZERO
from sla.settlement import rules
from sla.settlement.body import Body, body_of, statement_of
from sla.settlement.models import IssuedStatement
from sla.settlement.rules import Charge, Record, Statement


@dataclass(frozen=True, slots=True)
class Position:
    """One instalment; `versions` are its issued statements, the newest last."""

    instalment: Instalment
    statement: Statement
    body: Body
    versions: Sequence[IssuedStatement]

    @property
    def issued(self) -> IssuedStatement | None:
        """The statement in force."""
        return self.versions[-1] if self.versions else None


@dataclass(frozen=True, slots=True)
class Account:
    """All instalments, and what is final but belongs to none of them."""

    positions: list[Position]
    outside: list[Charge]

    def position(self, year: int, half: int) -> Position:
        """Return the position of a half-year; 404 when the contract has no such instalment."""
        for each in self.positions:
            if (each.statement.year, each.statement.half) == (year, half):
                return each
        known = "、".join(f"{p.statement.year}/{p.statement.half}" for p in self.positions)
        raise NotFound(_("合同没有这一期。现有：%(known)s", known=known))

    def payables(self) -> dict[tuple[str, str], Decimal]:
        """Return what every payer is to pay of every instalment."""
        return {
            (each.instalment.key, line.payer): line.payable
            for each in self.positions
            for line in each.statement.lines
        }


def account(session: Session, contract: Contract, facts: Sequence[Fact], now: datetime) -> Account:
    """Return where every instalment stands."""
    stored: dict[tuple[int, int], list[IssuedStatement]] = {}
    wanted = select(IssuedStatement).where(IssuedStatement.contract == contract.key)
    for row in session.scalars(wanted.order_by(IssuedStatement.version)):
        stored.setdefault((row.year, row.half), []).append(row)
    items = unsettled(session, contract, now)
    positions: list[Position] = []
    for instalment in contract.instalments:
        versions = stored.get(rules.half_of(contract, instalment), [])
        if versions:
            body = json.loads(versions[-1].body)
            positions.append(Position(instalment, statement_of(body), body, versions))
            continue
        earlier = [each.statement for each in positions]
        statement = draw_up(contract, instalment, earlier, items, facts, now)
        taken = {charge.row for charge in statement.charges}
        items = [item for item in items if item.row not in taken]
        positions.append(Position(instalment, statement, body_of(contract, statement, 1), []))
    return Account(positions, items)


def draw_up(
    contract: Contract,
    instalment: Instalment,
    earlier: Sequence[Statement],
    items: Sequence[Charge],
    facts: Sequence[Fact],
    now: datetime,
) -> Statement:
    """Return the statement as it would be issued now."""
    record = Record(standing(facts), duties.delivery_due(contract, chinese_working_days()))
    cut_off = rules.cut_off(instalment, now.astimezone(contract.zone).date())
    return rules.settle(contract, instalment, earlier, rules.in_time(items, cut_off), record, cut_off)


def unsettled(session: Session, contract: Contract, now: datetime) -> list[Charge]:
    """Return the ledger's final penalties and credits that are in no instalment yet."""
    found = penalties.final_unsettled(session, now)
    owed = select(Penalty.case_id).where(Penalty.state.in_((FINAL, REVERSED)), Penalty.balance != ZERO)
    wanted = select(Case.id, Case.subject, Case.title).where(Case.id.in_(owed))
    cases = {row.id: row for row in session.execute(wanted)}
    return [
        Charge(
            kind=rules.PENALTY if amount > 0 else rules.CREDIT,
            ref=penalty.number,
            amount=amount,
            on=penalty.since.astimezone(contract.zone).date(),
            clause=penalty.clause,
            incident=cases[penalty.case_id].subject,
            title=cases[penalty.case_id].title,
            row=penalty.id,
        )
        for penalty, amount in found
    ]
