"""The ledger's sums by state, kept by the transaction that changes the ledger.

A change is a row that says what left one state and what came into another: a row for each state, which all
would have to update, would make the parties' decisions wait for each other. A job folds the rows into one a
state, and `shoushi verify --chain` compares them with the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.penalties import rules
from sla.penalties.models import Penalty, PenaltySum

WORTH_IT = 50
"""Rows from which on they are folded."""


class Total(NamedTuple):
    """What the ledger holds in one state."""

    state: str
    cases: int
    amount: Decimal
    balance: Decimal


def moved(session: Session, before: rules.Life, after: rules.Life) -> None:
    """Note that a penalty went from one life to another; its first has no state before."""
    rows = [
        {"state": life.state, "cases": sign, "amount": sign * life.amount, "balance": sign * life.balance}
        for life, sign in ((before, -1), (after, 1))
        if life.state
    ]
    session.execute(insert(PenaltySum), rows)


def kept() -> Select[tuple[str, int, Decimal, Decimal]]:
    """Return the question for the sums as they were kept."""
    cases = func.sum(PenaltySum.cases)
    sums = select(PenaltySum.state, cases, func.sum(PenaltySum.amount), func.sum(PenaltySum.balance))
    return sums.group_by(PenaltySum.state).having(cases != 0)


def counted() -> Select[tuple[str, int, Decimal, Decimal]]:
    """Return the question for the sums by reading every penalty."""
    sums = select(Penalty.state, func.count(), func.sum(Penalty.amount), func.sum(Penalty.balance))
    return sums.group_by(Penalty.state)


def fold(platform: Platform) -> int:
    """Make one row a state of many; returns how many there were. Two at once fold different rows."""
    with platform.db.read() as session:
        if (session.scalar(select(func.count()).select_from(PenaltySum)) or 0) < WORTH_IT:
            return 0
    columns = (PenaltySum.state, PenaltySum.cases, PenaltySum.amount, PenaltySum.balance)
    with platform.db.write() as session:
        gone = session.execute(delete(PenaltySum).returning(*columns)).all()
        folded: dict[str, Total] = {}
        for state, cases, amount, balance in gone:
            so_far = folded.get(state, Total(state, 0, rules.ZERO, rules.ZERO))
            folded[state] = Total(
                state, so_far.cases + cases, so_far.amount + amount, so_far.balance + balance
            )
        rows = [total._asdict() for total in folded.values() if any(total[1:])]
        if rows:
            session.execute(insert(PenaltySum), rows)
    return len(gone)


def check_sums(session: Session) -> Iterator[str]:
    """Yield every state whose kept sums are not those of its penalties."""
    told, true = ({row[0]: Total(*row) for row in session.execute(each())} for each in (kept, counted))
    for state in sorted(told.keys() | true.keys()):
        if told.get(state) != true.get(state):
            label = _(rules.STATE_LABELS.get(state, state))
            yield _("违约台账“%(state)s”的合计与各条记录不符", state=label)
