"""Gather the report's figures: three queries, whatever the number of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from kernel.errors import Invalid
from kernel.identity.actor import Actor
from sla.cases.models import Case, CasePayer
from sla.contract import Contract
from sla.deadlines.models import BlindTime
from sla.penalties.models import REVERSED, Penalty
from sla.report import rules

MOST_MISSED = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """How one clock went over a set of cases."""

    counts: dict[str, int]

    @property
    def attainment(self) -> Decimal | None:
        """Percent of decided clocks that were met."""
        return rules.attainment(self.counts["met"], self.counts["missed"])


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The figures of one fault class."""

    key: str
    name: str
    incidents: int
    response: Tally
    repair: Tally
    respond_mean: int | None
    respond_p90: int | None
    repair_mean: int | None
    repair_p50: int | None
    repair_p90: int | None


@dataclass(frozen=True, slots=True)
class SlaReport:
    """Everything the report says; every edge shows this and nothing else."""

    start: datetime
    end: datetime
    generated_at: datetime
    contract: Contract
    incidents: int
    open: int
    major: int
    drills: int
    response: Tally
    repair: Tally
    provider_repair: Tally
    classes: list[ClassRow]
    broadcasts: dict[str, int]
    penalty_cases: int
    penalty_total: Decimal
    missed: Sequence[Case]
    blind: Sequence[BlindTime]
    scopes: frozenset[str] | None
    payers: dict[str, int] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        """The last day that the range includes, in the contract's zone."""
        return (self.end.astimezone(self.contract.zone) - timedelta(microseconds=1)).date()

    @property
    def punctuality(self) -> Decimal | None:
        """Percent of decided broadcast slots that were on time."""
        return rules.attainment(
            self.broadcasts["on_time"], self.broadcasts["late"] + self.broadcasts["missed"]
        )


_COLUMNS = (
    Case.fault_class,
    Case.response_state,
    Case.repair_state,
    Case.provider_repair_state,
    Case.response_seconds,
    Case.repair_seconds,
    Case.restored_at,
    Case.major_since,
    Case.slots_owed,
    Case.slots_on_time,
    Case.slots_late,
    Case.slots_missed,
)


def gather(
    session: Session, actor: Actor, contract: Contract, start: datetime, end: datetime, now: datetime
) -> SlaReport:
    """Return the report over cases that began in [start, end); 422 for a reversed or empty range."""
    if end <= start:
        raise Invalid.field("to", "结束日期应晚于开始日期。")
    scopes = actor.scopes("report.read")
    within = _within(start, end, scopes)
    rows = session.execute(select(*_COLUMNS).where(within, Case.drill == 0)).all()
    missed = session.scalars(
        select(Case)
        .where(within, Case.drill == 0, or_(Case.response_state == "missed", Case.repair_state == "missed"))
        .order_by(Case.started_at.desc(), Case.id.desc())
        .limit(MOST_MISSED)
    ).all()
    cases, total = _penalties(session, within)
    return SlaReport(
        start=start,
        end=end,
        generated_at=now,
        contract=contract,
        incidents=len(rows),
        open=sum(r.restored_at is None for r in rows),
        major=sum(r.major_since is not None for r in rows),
        drills=session.scalar(select(func.count()).select_from(Case).where(within, Case.drill == 1)) or 0,
        response=_tally(r.response_state for r in rows),
        repair=_tally(r.repair_state for r in rows),
        provider_repair=_tally(r.provider_repair_state for r in rows),
        classes=[_class_row(contract, key, rows) for key in contract.fault_classes],
        broadcasts={
            "owed": sum(r.slots_owed for r in rows),
            "on_time": sum(r.slots_on_time for r in rows),
            "late": sum(r.slots_late for r in rows),
            "missed": sum(r.slots_missed for r in rows),
        },
        penalty_cases=cases,
        penalty_total=total,
        missed=missed,
        blind=_blind(session, start, end),
        scopes=scopes,
        payers=_by_payer(session, within),
    )


def _within(start: datetime, end: datetime, scopes: frozenset[str] | None) -> ColumnElement[bool]:
    range_ = and_(Case.started_at >= start, Case.started_at < end)
    if scopes is None:
        return range_
    touched = select(CasePayer.case_id).where(CasePayer.payer.in_(scopes))
    return and_(range_, Case.id.in_(touched))


def _tally(states: Iterable[str]) -> Tally:
    counts = dict.fromkeys(rules.STATES, 0)
    for state in states:
        counts[state] += 1
    return Tally(counts)


def _class_row(contract: Contract, key: str, rows: Sequence[Any]) -> ClassRow:
    mine = [r for r in rows if r.fault_class == key]
    responded = sorted(r.response_seconds for r in mine if r.response_seconds is not None)
    repaired = sorted(r.repair_seconds for r in mine if r.restored_at is not None)
    return ClassRow(
        key=key,
        name=contract.fault_classes[key].name,
        incidents=len(mine),
        response=_tally(r.response_state for r in mine),
        repair=_tally(r.repair_state for r in mine),
        respond_mean=rules.mean(responded),
        respond_p90=rules.percentile(responded, 90),
        repair_mean=rules.mean(repaired),
        repair_p50=rules.percentile(repaired, 50),
        repair_p90=rules.percentile(repaired, 90),
    )


def _penalties(session: Session, within: ColumnElement[bool]) -> tuple[int, Decimal]:
    amounts = session.scalars(
        select(Penalty.amount).join(Case, Case.id == Penalty.case_id).where(within, Penalty.state != REVERSED)
    ).all()
    return len(amounts), sum(amounts, Decimal("0.00"))


def _by_payer(session: Session, within: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        select(CasePayer.payer, func.count())
        .join(Case, Case.id == CasePayer.case_id)
        .where(within, Case.drill == 0)
        .group_by(CasePayer.payer)
    )
    return dict(rows.tuples().all())


def _blind(session: Session, start: datetime, end: datetime) -> Sequence[BlindTime]:
    wanted = select(BlindTime).where(BlindTime.to_at >= start, BlindTime.from_at < end)
    return session.scalars(wanted.order_by(BlindTime.from_at)).all()
