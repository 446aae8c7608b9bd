"""Writing lines of the ledger: each links to the one before, and the audit chain keeps its digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from kernel import audit
from kernel.crypto import canonical_json, sm3_hex
from sla.penalties import rules, sums
from sla.penalties.models import Penalty, PenaltyEntry

ENTRY_ACTION = "penalty.entry"
"""The audit chain's word for a line of the ledger."""


class Line(NamedTuple):
    """What happened to a penalty, and on what it rests."""

    kind: str
    reason: str
    verdict: int
    instalment: str | None = None
    contest_days: int = 0


def life_of(penalty: Penalty) -> rules.Life:
    """Return the penalty as the rules' value."""
    return rules.Life(penalty.amount, penalty.state, penalty.balance, penalty.contest_until)


def enter(session: Session, now: datetime, penalty: Penalty, line: Line) -> None:
    """Add a line; raises `rules.Impossible` when it cannot follow. The caller holds the penalty's row."""
    before = life_of(penalty)
    life, amount = rules.enter(before, line.kind, now, line.contest_days)
    seq = penalty.version + 1
    entry: dict[str, Any] = {
        "penalty_id": penalty.id,
        "seq": seq,
        "type": line.kind,
        "amount": amount,
        "verdict_version": line.verdict,
        "reason": line.reason,
        "actor": str(session.info.get("actor", "system")),
        "at": now,
        "instalment": line.instalment,
    }
    digest = entry_digest(_last_digest(session, penalty.id), penalty.number, entry)
    session.execute(insert(PenaltyEntry), {**entry, "digest": digest})
    state = {
        "state": life.state,
        "balance": life.balance,
        "since": now,
        "contest_until": life.contest_until,
        "version": seq,
    }
    session.execute(update(Penalty).where(Penalty.id == penalty.id).values(**state))
    session.refresh(penalty)
    sums.moved(session, before, life)
    detail = {"type": line.kind, "amount": amount, "reason": line.reason, "digest": digest}
    audit.record(session, now, ENTRY_ACTION, entry_subject(penalty.number, seq), detail)


def entry_subject(number: str, seq: int) -> str:
    """Return what the audit chain calls a line."""
    return f"penalty:{number}#{seq}"


def _last_digest(session: Session, penalty_id: int) -> str | None:
    wanted = select(PenaltyEntry.digest).where(PenaltyEntry.penalty_id == penalty_id)
    return session.scalar(wanted.order_by(PenaltyEntry.seq.desc()).limit(1))


LINKED = ("seq", "type", "amount", "verdict_version", "reason", "actor", "at", "instalment")


def entry_digest(previous: str | None, number: str, entry: Mapping[str, Any]) -> str:
    """Return the SM3 that links a ledger entry to its predecessor."""
    content = {k: entry[k] for k in LINKED if entry.get(k) is not None}
    return sm3_hex(canonical_json({"previous": previous, "number": number, **content}))
