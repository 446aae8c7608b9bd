"""Issue a statement: frozen as canonical JSON, its penalties marked as settled, the calendar re-armed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from kernel import audit
from kernel.crypto import canonical_json, sm3_hex
from kernel.db.once import insert_once
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations import service as obligations
from sla.obligations.facts import Fact
from sla.obligations.record import fact_of, rows_of
from sla.penalties import service as penalties
from sla.settlement import queries, rules
from sla.settlement.body import body_of
from sla.settlement.integrity import ISSUE_ACTION, subject, version_digest
from sla.settlement.models import IssuedStatement
from sla.settlement.queries import Account, Position
from sla.settlement.rules import Statement

REASON_MAX = 2000


def current(session: Session, contract: Contract, now: datetime) -> Account:
    """Return where every instalment stands."""
    return queries.account(session, contract, [fact_of(row) for row in rows_of(session, contract)], now)


def issue(
    session: Session,
    now: datetime,
    actor: Actor,
    contract: Contract,
    year: int,
    half: int,
    *,
    reason: str = "",
    if_version: int | None = None,
) -> Position:
    """Issue the statement of a half-year, or issue it anew with a reason.

    404 for a half-year without an instalment; 409 out of order, too early, or on a stale version; 422 when
    a reissue has no reason.
    """
    actor.demand("settlement.issue")
    facts = [fact_of(row) for row in rows_of(session, contract)]
    account = queries.account(session, contract, facts, now)
    position = account.position(year, half)
    _demand_turn(account, position, now.astimezone(contract.zone).date(), if_version)
    words = _reason(position, reason)
    statement = _statement(session, contract, account, position, facts, now)
    row = _row(contract, statement, len(position.versions) + 1, actor, words, now)
    if not insert_once(session, IssuedStatement, row):
        raise Conflict("结算单刚刚已由他人开具，请刷新后查看。", code="stale")
    ids = [charge.row for charge in statement.charges if charge.row is not None]
    penalties.settle(session, now, ids, f"{year}-{statement.instalment}")
    detail = {"statement": row["digest"], "reason": words, "digest": version_digest(row)}
    audit.record(session, now, ISSUE_ACTION, subject(row), detail)
    obligations.rearm(session, contract, now)
    return current(session, contract, now).position(year, half)


def _demand_turn(account: Account, position: Position, today: date, if_version: int | None) -> None:
    place = account.positions.index(position)
    if if_version is not None and if_version != len(position.versions):
        raise Conflict("页面已过期：这期结算单刚有变化，请刷新后再开具。", code="stale")
    if any(not each.versions for each in account.positions[:place]):
        raise Conflict("请先开具前一期结算单：结转金额以它为准。", code="out_of_order")
    if any(each.versions for each in account.positions[place + 1 :]):
        raise Conflict("后一期结算单已开具，本期不能重开；更正计入下一期。", code="out_of_order")
    earliest = position.instalment.invoice_by
    if today < earliest:
        raise Conflict(_("尚早：最早可于开票日%(day)s开具。", day=earliest), code="too_early")


def _reason(position: Position, reason: str) -> str | None:
    words = reason.strip()
    if position.versions and not words:
        raise Invalid.field("reason", "重新开具须写明理由：它将与两个版本一并保存。")
    if len(words) > REASON_MAX:
        raise Invalid.field("reason", _("理由过长，请控制在%(most)s字以内。", most=REASON_MAX))
    return words or None


def _statement(
    session: Session,
    contract: Contract,
    account: Account,
    position: Position,
    facts: list[Fact],
    now: datetime,
) -> Statement:
    if not position.versions:
        return position.statement
    ledger = (rules.PENALTY, rules.CREDIT)
    kept = [charge for charge in position.statement.charges if charge.kind in ledger]
    earlier = [each.statement for each in account.positions[: account.positions.index(position)]]
    items = [*kept, *queries.unsettled(session, contract, now)]
    return queries.draw_up(contract, position.instalment, earlier, items, facts, now)


def _row(
    contract: Contract, statement: Statement, version: int, actor: Actor, reason: str | None, now: datetime
) -> dict[str, object]:
    content = canonical_json(body_of(contract, statement, version))
    return {
        "contract": contract.key,
        "year": statement.year,
        "half": statement.half,
        "version": version,
        "body": content.decode(),
        "digest": sm3_hex(content),
        "reason": reason,
        "issued_by": actor.username,
        "issued_by_name": actor.display_name,
        "issued_at": now,
    }
