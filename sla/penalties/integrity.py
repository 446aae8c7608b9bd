"""Is the ledger still what was entered? Every line against its link and the audit chain, every balance.

A penalty's lines are linked to each other, and each line's digest stands in the audit chain, which orders the
lines of all penalties: an altered, removed, added or reordered line is named, and a whole penalty as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.attest import compare
from kernel.web.i18n import gettext as _
from sla.penalties import rules
from sla.penalties.ledger import ENTRY_ACTION, entry_digest, entry_subject
from sla.penalties.models import Penalty, PenaltyEntry


def check_ledger(session: Session) -> Iterator[str]:
    """Yield every line that was altered, added or removed, and every balance that is not its sum."""
    yield from compare(session, ENTRY_ACTION, _digests(session))
    wanted = select(Penalty).order_by(Penalty.id).execution_options(yield_per=1000)
    lines = groupby(_lines(session), key=lambda row: row.number)
    number, rows = next(lines, (None, ()))
    for penalty in session.scalars(wanted):
        if penalty.number != number:
            yield _("违约记录 %(number)s 没有任何分录", number=penalty.number)
            continue
        yield from _check_balance(penalty, list(rows))
        number, rows = next(lines, (None, ()))


def _digests(session: Session) -> Iterator[tuple[str, str]]:
    for number, rows in groupby(_lines(session), key=lambda row: row.number):
        previous = None
        for row in rows:
            content = entry_digest(previous, number, row._mapping)
            yield entry_subject(number, row.seq), content if row.digest == content else ""
            previous = row.digest


def _lines(session: Session) -> Iterator[Any]:
    wanted = select(Penalty.number, *PenaltyEntry.__table__.columns).join(
        Penalty, Penalty.id == PenaltyEntry.penalty_id
    )
    ordered = wanted.order_by(PenaltyEntry.penalty_id, PenaltyEntry.seq)
    yield from session.execute(ordered.execution_options(yield_per=1000))


def _check_balance(penalty: Penalty, lines: list[Any]) -> Iterator[str]:
    try:
        life = rules.replay(penalty.amount, [(line.type, line.amount) for line in lines])
    except rules.Impossible as error:
        yield _("违约记录 %(number)s 的分录不能成立：%(why)s", number=penalty.number, why=error)
        return
    if (life.state, life.balance, lines[-1].seq) != (penalty.state, penalty.balance, penalty.version):
        yield _("违约记录 %(number)s 的余额或状态与其分录不符", number=penalty.number)


def balances(session: Session) -> dict[str, Decimal]:
    """Return every penalty's balance, summed from its lines alone."""
    found: dict[str, Decimal] = {}
    for line in _lines(session):
        found[line.number] = found.get(line.number, rules.ZERO) + line.amount
    return found
