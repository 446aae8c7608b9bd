"""Keep the ledger in step with the verdicts: propose what a verdict costs, reverse what it no longer does."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from kernel import audit
from kernel.crypto import canonical_json, sm3_hex
from kernel.db.numbering import next_number
from sla.cases.models import Case
from sla.penalties.models import PROPOSED, REVERSED, Penalty, PenaltyEntry

ZERO = Decimal("0.00")


def settle_with(
    session: Session, now: datetime, case: Case, amount: Decimal, clause: str, zone: ZoneInfo
) -> None:
    """Make the case's open penalty equal to `amount`; corrections are reversing entries (§2.10)."""
    open_penalty = session.scalar(
        select(Penalty)
        .where(Penalty.case_id == case.id, Penalty.state != REVERSED)
        .order_by(Penalty.id.desc())
    )
    if open_penalty is not None and open_penalty.amount == amount:
        return
    if open_penalty is not None:
        reason = f"评判第{case.verdict_version}版改变结果，冲回。"
        _enter(session, now, open_penalty, REVERSED, -open_penalty.amount, case.verdict_version, reason)
    if amount > ZERO:
        _propose(session, now, case, amount, clause, zone)


def _propose(
    session: Session, now: datetime, case: Case, amount: Decimal, clause: str, zone: ZoneInfo
) -> None:
    year = now.astimezone(zone).year
    number = f"P{year}-{next_number(session, f'penalty:{year}'):04d}"
    penalty = Penalty(
        number=number,
        case_id=case.id,
        amount=amount,
        clause=clause,
        state=PROPOSED,
        created_at=now,
        version=0,
    )
    session.add(penalty)
    session.flush()
    reason = f"评判第{case.verdict_version}版：未在约定时限内处理（{clause}）。"
    _enter(session, now, penalty, PROPOSED, amount, case.verdict_version, reason)


def _enter(
    session: Session, now: datetime, penalty: Penalty, kind: str, amount: Decimal, verdict: int, reason: str
) -> None:
    previous = session.scalar(
        select(PenaltyEntry.digest)
        .where(PenaltyEntry.penalty_id == penalty.id)
        .order_by(PenaltyEntry.seq.desc())
    )
    seq = penalty.version + 1
    entry = {
        "penalty_id": penalty.id,
        "seq": seq,
        "type": kind,
        "amount": amount,
        "verdict_version": verdict,
        "reason": reason,
        "actor": str(session.info.get("actor", "system")),
        "at": now,
    }
    digest = entry_digest(previous, penalty.number, entry)
    session.execute(insert(PenaltyEntry), {**entry, "digest": digest})
    session.execute(update(Penalty).where(Penalty.id == penalty.id).values(state=kind, version=seq))
    session.refresh(penalty)
    detail = {"amount": amount, "reason": reason, "digest": digest}
    audit.record(session, now, f"penalty.{kind}", f"penalty:{penalty.number}", detail)


def entry_digest(previous: str | None, number: str, entry: dict[str, object]) -> str:
    """Return the SM3 that links a ledger entry to its predecessor."""
    content = {k: v for k, v in entry.items() if k != "penalty_id"}
    return sm3_hex(canonical_json({"previous": previous, "number": number, **content}))
