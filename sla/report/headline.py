"""The headline figures, for boards and as the head of the report, in two queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from kernel.errors import Invalid
from kernel.identity.actor import Actor
from sla.cases.models import Case, CasePayer
from sla.contract import Contract
from sla.penalties.models import Penalty
from sla.penalties.rules import VOID
from sla.report import rules

SLOTS = ("owed", "on_time", "late", "missed")


@dataclass(frozen=True, slots=True)
class Tally:
    """How one clock went over a set of cases."""

    counts: dict[str, int]

    @property
    def attainment(self) -> Decimal | None:
        """Percent of decided clocks that were met."""
        return rules.attainment(self.counts["met"], self.counts["missed"])


@dataclass(frozen=True, slots=True)
class PenaltyLine:
    """The penalties in one state of the ledger."""

    state: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class Headline:
    """The figures that stand at the top of everything."""

    start: datetime
    end: datetime
    contract: Contract
    scopes: frozenset[str] | None
    incidents: int
    open: int
    major: int
    response: Tally
    repair: Tally
    provider_repair: Tally
    backup: dict[str, int]
    broadcasts: dict[str, int]
    penalties: list[PenaltyLine]
    groups: Sequence[Any]
    """Counts by class and outcome, for finer tables."""

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

    @property
    def penalty_cases(self) -> int:
        """How many penalties stand."""
        return sum(line.count for line in self.penalties if line.state not in VOID)

    @property
    def penalty_total(self) -> Decimal:
        """What the penalties that stand come to."""
        return sum((line.amount for line in self.penalties if line.state not in VOID), Decimal("0.00"))


def within(start: datetime, end: datetime, scopes: frozenset[str] | None) -> ColumnElement[bool]:
    """Return the condition for cases that began in [start, end) and touch one of the payers `scopes`."""
    return and_(Case.started_at >= start, Case.started_at < end, in_scope(scopes))


def in_scope(scopes: frozenset[str] | None) -> ColumnElement[bool]:
    """Return the condition for cases that touch one of the payers; None means all of them."""
    if scopes is None:
        return true()
    return Case.id.in_(select(CasePayer.case_id).where(CasePayer.payer.in_(scopes)))


def headline(session: Session, actor: Actor, contract: Contract, start: datetime, end: datetime) -> Headline:
    """Return the headline over cases that began in [start, end); 422 for a reversed or empty range."""
    if end <= start:
        raise Invalid.field("to", "结束日期应晚于开始日期。")
    scopes = actor.scopes("report.read")
    groups = _groups(session, start, end, scopes)
    return Headline(
        start=start,
        end=end,
        contract=contract,
        scopes=scopes,
        incidents=sum(g.cases for g in groups),
        open=sum(g.cases for g in groups if g.open),
        major=sum(g.cases for g in groups if g.major),
        response=tally((g.response_state, g.cases) for g in groups),
        repair=tally((g.repair_state, g.cases) for g in groups),
        provider_repair=tally((g.provider_repair_state, g.cases) for g in groups),
        backup={state: sum(g.cases for g in groups if g.backup_state == state) for state in ("open", "late")},
        broadcasts={name: sum(getattr(g, name) for g in groups) for name in SLOTS},
        penalties=_penalties(session, within(start, end, scopes)),
        groups=groups,
    )


def tally(states: Iterable[tuple[str, int]]) -> Tally:
    """Add up the cases by state."""
    counts = dict.fromkeys(rules.STATES, 0)
    for state, cases in states:
        counts[state] += cases
    return Tally(counts)


def _groups(session: Session, start: datetime, end: datetime, scopes: frozenset[str] | None) -> Sequence[Any]:
    keys = (
        Case.fault_class,
        Case.response_state,
        Case.repair_state,
        Case.provider_repair_state,
        Case.backup_state,
        case((Case.restored_at.is_(None), 1), else_=0).label("open"),
        case((Case.major_since.is_not(None), 1), else_=0).label("major"),
    )
    sums = (
        func.sum(Case.slots_owed).label("owed"),
        func.sum(Case.slots_on_time).label("on_time"),
        func.sum(Case.slots_late).label("late"),
        func.sum(Case.slots_missed).label("missed"),
    )
    wanted = select(*keys, func.count().label("cases"), *sums).where(within(start, end, scopes))
    return session.execute(wanted.where(Case.drill == 0).group_by(*keys)).all()


def _penalties(session: Session, which: ColumnElement[bool]) -> list[PenaltyLine]:
    wanted = (
        select(Penalty.state, func.count(), func.sum(Penalty.amount))
        .join(Case, Case.id == Penalty.case_id)
        .where(which)
        .group_by(Penalty.state)
        .order_by(Penalty.state)
    )
    return [PenaltyLine(*row) for row in session.execute(wanted)]
