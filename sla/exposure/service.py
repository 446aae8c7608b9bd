"""Exposure of one incident and of all open ones: a constant number of statements, whatever is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from kernel.platform import Platform
from sla import pinned
from sla.cases.models import Case
from sla.contract import Contract
from sla.exposure.rules import ZERO, Chance, Clock, Risk, chance, risk
from sla.report.headline import in_scope
from sla.verdict import MISSED, PENDING, Verdict, penalty_of_case

RECENT = 500
"""So many of the newest cases of a class are what a case is compared with."""

_PAST = (
    select(Case.response_seconds, Case.repair_seconds, Case.restored_at)
    .where(Case.fault_class == bindparam("fault_class"), Case.drill == 0)
    .order_by(Case.id.desc())
    .limit(RECENT)
)


@dataclass(frozen=True, slots=True)
class Past:
    """How long similar cases took, in order."""

    responses: Sequence[int]
    repairs: Sequence[int]


def past_of(session: Session, fault_class: str) -> Past:
    """Return how long the newest cases of the class took to be answered and repaired."""
    rows = session.execute(_PAST, {"fault_class": fault_class}).tuples().all()
    return Past(
        sorted(answered for answered, _, _ in rows if answered is not None),
        sorted(repaired for _, repaired, restored in rows if restored is not None),
    )


def risk_of(session: Session, verdict: Verdict) -> Risk:
    """Return the risk of one incident from its verdict as of now."""
    if verdict.drill or verdict.excluded:
        return Risk(ZERO, ZERO, ZERO, Chance(None, 0))
    contract = verdict.contract
    past = past_of(session, verdict.fault_class)
    states = (verdict.response.state, verdict.repair.state)
    answering = verdict.response.counted_seconds if verdict.response.ended_at is None else 0
    clocks = _clocks(contract, verdict.fault_class, states, past, answering, verdict.repair.counted_seconds)
    return risk(penalty_of_case(contract, verdict.payers), contract.options.penalty_per, clocks)


def _clocks(
    contract: Contract,
    fault_class: str,
    states: tuple[str, str],
    past: Past,
    answering: int,
    repairing: int,
) -> list[Clock]:
    limits = (contract.response_limit, contract.fault_classes[fault_class].limit)
    lasted = ((past.responses, answering), (past.repairs, repairing))
    return [
        Clock(
            missed=state == MISSED,
            running=state == PENDING,
            chance=chance(durations, int(limit.total_seconds()), elapsed),
        )
        for state, limit, (durations, elapsed) in zip(states, limits, lasted, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Exposure:
    """All open incidents together."""

    at_risk: Decimal
    expected: Decimal
    """Of those whose chance is known."""
    unknown: int
    """Open incidents whose chance is not known."""
    cases: Sequence[tuple[Any, Risk]]
    """(the case's subject, title and url; its risk), the dearest first."""


_OPEN = select(
    Case.subject,
    Case.title,
    Case.url,
    Case.contract,
    Case.fault_class,
    Case.payers,
    Case.started_at,
    Case.judged_at,
    Case.restored_at,
    Case.response_state,
    Case.response_seconds,
    Case.repair_state,
    Case.repair_seconds,
).where(or_(Case.response_state == PENDING, Case.repair_state == PENDING), Case.drill == 0)


def exposure(
    session: Session, contract: Contract, now: datetime, scopes: frozenset[str] | None = None
) -> Exposure:
    """Return what the open incidents that touch `scopes` may cost."""
    past = {key: past_of(session, key) for key in contract.fault_classes}
    rows = session.execute(_OPEN.where(in_scope(scopes))).all()
    found = [(row, _risk_of_case(session, row, past, now)) for row in rows]
    found.sort(key=lambda each: (each[1].expected or ZERO, each[1].at_risk), reverse=True)
    return Exposure(
        at_risk=sum((r.at_risk for _, r in found), ZERO),
        expected=sum((r.expected for _, r in found if r.expected is not None), ZERO),
        unknown=sum(r.expected is None for _, r in found),
        cases=found,
    )


def _risk_of_case(session: Session, row: Any, past: dict[str, Past], now: datetime) -> Risk:
    """Judge from the newest verdict; the time since counts in full while service is down."""
    contract = pinned.version(session, row.contract)
    known = past.get(row.fault_class) or Past((), ())
    since = int((now - row.judged_at).total_seconds()) if row.restored_at is None else 0
    answering = int((now - row.started_at).total_seconds()) if row.response_seconds is None else 0
    states = (row.response_state, row.repair_state)
    clocks = _clocks(contract, row.fault_class, states, known, answering, row.repair_seconds + since)
    price = penalty_of_case(contract, frozenset(filter(None, row.payers.split(","))))
    return risk(price, contract.options.penalty_per, clocks)


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics."""
    with platform.db.read() as session:
        found = exposure(session, pinned.in_force(platform), platform.clock.now())
    gauge = platform.metrics.gauge
    gauge("shoushi_yuan_at_risk", "What open incidents cost if their clocks are missed", float(found.at_risk))
    gauge("shoushi_expected_penalty_yuan", "The same by past chance, where known", float(found.expected))
    gauge("shoushi_exposure_unknown", "Open incidents with too few similar past ones", float(found.unknown))
