"""Read the record, and add facts to it: who may, which fields they need, what they must fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.db.numbering import next_number
from kernel.db.once import insert_once
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations.facts import DELIVER, KINDS, A, B, Fact, Kind, first, standing
from sla.obligations.integrity import FACT_ACTION, fact_digest
from sla.obligations.models import ContractFact
from sla.obligations.told import Told, checked, today_of


def rows_of(session: Session, contract: Contract) -> Sequence[ContractFact]:
    """Return the whole record of a contract, the oldest first."""
    wanted = select(ContractFact).where(ContractFact.contract == contract.key).order_by(ContractFact.id)
    return session.scalars(wanted).all()


def fact_of(row: ContractFact) -> Fact:
    """Return a row as the rules see it."""
    return Fact(
        id=row.id,
        kind=row.kind,
        on=row.happened_on,
        side=row.side,
        payer=row.payer,
        instalment=row.instalment,
        subject=row.subject,
        amount=row.amount,
        outcome=row.outcome,
        until=row.until,
        text=row.text or "",
        withdraws=row.withdraws,
    )


def side_of(actor: Actor) -> str:
    """Return for which party the actor speaks."""
    return B if actor.may(DELIVER) else A


def add(session: Session, now: datetime, actor: Actor, contract: Contract, told: Told) -> ContractFact:
    """Write a fact; 403 for the other party's, 422 names wrong fields, 409 when the record contradicts it."""
    known = [fact_of(row) for row in rows_of(session, contract)]
    kind = _kind(told)
    _demand(actor, kind, told)
    amount = checked(contract, kind, told, now)
    side = side_of(actor)
    _must_fit(actor, side, kind, told, known)
    row = {
        "contract": contract.key,
        "kind": told.kind,
        "happened_on": told.on or today_of(contract, now),
        "side": side,
        "payer": told.payer,
        "instalment": told.instalment,
        "subject": told.subject or _number(session, contract, told),
        "amount": amount,
        "outcome": told.outcome,
        "until": told.until,
        "text": (told.text or "").strip() or None,
        "withdraws": told.withdraws,
        "actor": actor.username,
        "actor_name": actor.display_name,
        "recorded_at": now,
    }
    return _insert(session, now, contract, row)


def _insert(session: Session, now: datetime, contract: Contract, row: dict[str, Any]) -> ContractFact:
    if row["withdraws"] is None:
        session.execute(insert(ContractFact), row)
    elif not insert_once(session, ContractFact, row):
        raise Conflict("这条记录刚刚已被撤回，请刷新后查看。", code="withdrawn")
    wanted = select(ContractFact).where(ContractFact.contract == contract.key)
    found = session.scalars(wanted.order_by(ContractFact.id.desc()).limit(1)).one()
    told = {k: v for k, v in row.items() if v is not None and k not in ("recorded_at", "actor_name")}
    audit.record(session, now, FACT_ACTION, f"fact:{found.id}", {**told, "digest": fact_digest(found)})
    return found


def _number(session: Session, contract: Contract, told: Told) -> str | None:
    if told.kind != "breach_notice":
        return None
    year = told.on.year if told.on else contract.signed.year
    return f"N{year}-{next_number(session, f'notice:{year}'):03d}"


def _kind(told: Told) -> Kind:
    kind = KINDS.get(told.kind)
    if kind is None:
        raise Invalid.field("kind", _("事项应为：%(known)s", known=", ".join(KINDS)))
    return kind


def _demand(actor: Actor, kind: Kind, told: Told) -> None:
    actor.demand(kind.right)
    scopes = actor.scopes(kind.right)
    if scopes is not None and told.payer and told.payer not in scopes:
        raise Forbidden("只能登记本单位的付款。")


def _must_fit(actor: Actor, side: str, kind: Kind, told: Told, known: Sequence[Fact]) -> None:
    """Raise 409 or 422 when the record as it stands contradicts the fact."""
    held = [fact for fact in standing(known) if fact.id != told.withdraws]
    if told.withdraws is not None:
        _may_withdraw(actor, side, told, known)
    if kind.once and (same := first(held, told.kind)):
        words = _("“%(kind)s”已登记于%(on)s；如有误，请先撤回。", kind=_(kind.label), on=same.on)
        raise Conflict(words, code="already_recorded")
    if told.kind == "accepted":
        delivered = first(held, "delivery_reported")
        if delivered is None:
            raise Conflict("尚无交付报告，不能登记验收。", code="not_delivered")
        if told.on and told.on < delivered.on:
            raise Invalid.field("on", "验收不能早于交付报告。")
    if told.kind == "breach_answer":
        _may_answer(side, told, held)


def _may_withdraw(actor: Actor, side: str, told: Told, known: Sequence[Fact]) -> None:
    target = next((fact for fact in known if fact.id == told.withdraws), None)
    if target is None or target.kind == "withdrawal":
        raise Invalid.field("withdraws", "没有这条记录。")
    if told.kind not in ("withdrawal", target.kind):
        raise Invalid.field("withdraws", "更正应与所撤回的记录是同一事项。")
    if any(fact.withdraws == target.id for fact in known):
        raise Conflict("这条记录已被撤回。", code="withdrawn")
    if target.side != side:
        raise Forbidden("只能撤回本方登记的记录。")
    actor.demand(KINDS[target.kind].right)
    scopes = actor.scopes(KINDS[target.kind].right)
    if scopes is not None and target.payer not in scopes:
        raise Forbidden("只能撤回本单位的记录。")


def _may_answer(side: str, told: Told, held: Sequence[Fact]) -> None:
    notice = next((f for f in held if f.kind == "breach_notice" and f.subject == told.subject), None)
    if notice is None:
        raise Invalid.field("subject", "没有这份违约通知。")
    if notice.side == side:
        raise Forbidden("违约通知由对方答复。")
    if told.on and told.on < notice.on:
        raise Invalid.field("on", "答复不能早于通知。")
    if any(f.kind == "breach_answer" and f.subject == told.subject for f in held):
        raise Conflict("这份违约通知已经答复。", code="already_recorded")
