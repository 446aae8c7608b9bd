"""Gather the whole report: a constant number of queries, columns rather than objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from kernel.audit.models import AuditSeal
from kernel.audit.seals import latest_seal
from kernel.db.later import settle
from kernel.identity.actor import Actor
from sla.cases.models import Case, CaseExclusion, CaseOutage, CasePayer, VerdictRecord
from sla.contract import Contract
from sla.deadlines.models import BlindTime
from sla.obligations import service as obligations
from sla.obligations.rules import Obligation
from sla.penalties.models import Penalty
from sla.penalties.rules import VOID
from sla.report import rules
from sla.report.headline import Headline, Tally, headline, in_scope, tally, within
from sla.report.observed import Observed
from sla.report.rehearsed import Rehearsal

MOST_LISTED = 200
"""Rows of a register in the report; what is beyond is counted, and listed by the link."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took: the mean and the percentiles, in seconds."""

    mean: int | None
    percentiles: dict[int, int | None]

    @classmethod
    def of(cls, seconds: list[int]) -> Spread:
        """Measure these durations."""
        seconds.sort()
        found = {p: rules.percentile(seconds, p) for p in rules.PERCENTILES}
        return cls(rules.mean(seconds), found)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The figures of one fault class."""

    key: str
    incidents: int
    response: Tally
    repair: Tally
    respond: Spread
    fix: Spread


@dataclass(frozen=True)
class SlaReport(Headline):
    """Everything the report says; every edge shows this and nothing else."""

    generated_at: datetime
    classes: list[ClassRow]
    respond: Spread
    fix: Spread
    payers: dict[str, int]
    seconds: int
    """How much of the range has passed: the whole of availability."""
    down_modules: dict[str, int]
    down_payers: dict[str, int]
    observed: Sequence[Observed]
    """What probes saw, by module and payer."""
    missed: Sequence[Any]
    missed_count: int
    numbers: dict[int, str]
    """Case → the number of the penalty that stands for it."""
    broadcast_register: Sequence[Any]
    exclusions: Sequence[Any]
    drills: Sequence[Any]
    drill_count: int
    held: Sequence[Rehearsal]
    """Drills that ended in the range, with what they measured."""
    blind: Sequence[BlindTime]
    obligations: Sequence[Obligation]
    seal: AuditSeal | None
    """The newest daily seal of the audit chain; printed, it is out of everybody's reach."""


def gather(
    session: Session,
    actor: Actor,
    contract: Contract,
    start: datetime,
    end: datetime,
    now: datetime,
    seen: Sequence[Observed] = (),
    held: Sequence[Rehearsal] = (),
) -> SlaReport:
    """Return the report over cases that began in [start, end); 422 for a reversed or empty range."""
    head = headline(session, actor, contract, start, end)
    all_cases = within(start, end, head.scopes)
    real = all_cases & (Case.drill == 0)
    respond, fix = _durations(session, real)
    late = real & or_(Case.response_state == "missed", Case.repair_state == "missed")
    missed = _missed(session, late)
    down = _down(session, head, min(end, now))
    drills = _drills(session, all_cases & (Case.drill == 1))
    mine = {row.subject for row in drills}
    return SlaReport(
        **vars(head),
        generated_at=now,
        classes=[_class_row(head, key, respond, fix) for key in contract.fault_classes],
        respond=Spread.of([s for many in respond.values() for s in many]),
        fix=Spread.of([s for many in fix.values() for s in many]),
        payers=_by_payer(session, real),
        seconds=max(0, int((min(end, now) - start).total_seconds())),
        down_modules=down[0],
        down_payers=down[1],
        observed=[o for o in seen if head.scopes is None or o.payer is None or o.payer in head.scopes],
        missed=missed,
        missed_count=sum(g.cases for g in head.groups if "missed" in (g.response_state, g.repair_state)),
        numbers=_numbers(session, [row.id for row in missed]),
        broadcast_register=_broadcasts(session, real),
        exclusions=_exclusions(session, real),
        drills=drills,
        drill_count=session.scalar(select(func.count()).select_from(Case).where(all_cases, Case.drill == 1))
        or 0,
        held=[each for each in held if head.scopes is None or each.incident in mine],
        blind=_blind(session, start, end),
        obligations=_obligations(session, head, now),
        seal=latest_seal(session),
    )


Durations = dict[str, list[int]]


def _durations(session: Session, which: ColumnElement[bool]) -> tuple[Durations, Durations]:
    """Return the seconds to respond and to repair, by class."""
    repaired = case((Case.restored_at.is_not(None), Case.repair_seconds), else_=None)
    respond: Durations = {}
    fix: Durations = {}
    wanted = select(Case.fault_class, Case.response_seconds, repaired).where(which)
    for key, responded, fixed in _plain(session, wanted):
        if responded is not None:
            respond.setdefault(key, []).append(responded)
        if fixed is not None:
            fix.setdefault(key, []).append(fixed)
    return respond, fix


def _plain(session: Session, wanted: Select[Any]) -> Sequence[Any]:
    """Return rows as the driver gives them, of text and integers only: there may be 100,000, and to wrap them
    took as long as to read them.
    """
    settle(session)
    with session.connection().execute(wanted) as result:
        return result.cursor.fetchall() if result.cursor else ()


def _class_row(head: Headline, key: str, respond: Durations, fix: Durations) -> ClassRow:
    mine = [g for g in head.groups if g.fault_class == key]
    return ClassRow(
        key=key,
        incidents=sum(g.cases for g in mine),
        response=tally((g.response_state, g.cases) for g in mine),
        repair=tally((g.repair_state, g.cases) for g in mine),
        respond=Spread.of(respond.get(key, [])),
        fix=Spread.of(fix.get(key, [])),
    )


def _by_payer(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        select(CasePayer.payer, func.count())
        .join(Case, Case.id == CasePayer.case_id)
        .where(which)
        .group_by(CasePayer.payer)
    )
    return dict(rows.tuples().all())


def _down(session: Session, head: Headline, until: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """Return the seconds down by module and by payer, of every outage that reaches into the range."""
    first, last = int(head.start.timestamp()), int(until.timestamp())
    wanted = (
        select(Case.modules, Case.payers, CaseOutage.from_second, CaseOutage.to_second)
        .join(Case, Case.id == CaseOutage.case_id)
        .where(CaseOutage.from_second < last)
        .where(or_(CaseOutage.to_second.is_(None), CaseOutage.to_second > first))
        .where(in_scope(head.scopes), Case.drill == 0)
        .order_by(CaseOutage.from_second)
    )
    rows = _plain(session, wanted)
    return (
        rules.downtimes(((m, a, b) for m, _, a, b in rows), first, last),
        rules.downtimes(((p, a, b) for _, p, a, b in rows), first, last),
    )


def _missed(session: Session, which: ColumnElement[bool]) -> Sequence[Any]:
    wanted = (
        select(*Case.__table__.columns, VerdictRecord.digest)
        .join(
            VerdictRecord,
            (VerdictRecord.case_id == Case.id) & (VerdictRecord.version == Case.verdict_version),
        )
        .where(which)
    )
    return session.execute(wanted.order_by(Case.started_at.desc(), Case.id.desc()).limit(MOST_LISTED)).all()


def _numbers(session: Session, case_ids: list[int]) -> dict[int, str]:
    wanted = select(Penalty.case_id, Penalty.number).where(
        Penalty.case_id.in_(case_ids), Penalty.state.not_in(VOID)
    )
    return dict(session.execute(wanted.order_by(Penalty.id)).tuples().all())


def _broadcasts(session: Session, which: ColumnElement[bool]) -> Sequence[Any]:
    wanted = select(
        Case.subject,
        Case.title,
        Case.url,
        Case.major_since,
        Case.slots_owed,
        Case.slots_on_time,
        Case.slots_late,
        Case.slots_missed,
    ).where(which, Case.slots_owed > 0)
    return session.execute(wanted.order_by(Case.started_at.desc(), Case.id.desc()).limit(MOST_LISTED)).all()


def _exclusions(session: Session, which: ColumnElement[bool]) -> Sequence[Any]:
    wanted = (
        select(Case.subject, Case.url, *CaseExclusion.__table__.columns)
        .join(Case, Case.id == CaseExclusion.case_id)
        .where(which)
    )
    order = (CaseExclusion.from_at.desc(), CaseExclusion.case_id.desc(), CaseExclusion.place)
    return session.execute(wanted.order_by(*order).limit(MOST_LISTED)).all()


def _drills(session: Session, which: ColumnElement[bool]) -> Sequence[Any]:
    columns = (Case.subject, Case.title, Case.url, Case.started_at, Case.response_state, Case.repair_state)
    wanted = select(*columns).where(which)
    return session.execute(wanted.order_by(Case.started_at.desc(), Case.id.desc()).limit(MOST_LISTED)).all()


def _obligations(session: Session, head: Headline, now: datetime) -> Sequence[Obligation]:
    """Return what the contract's calendar has in the range, without what only another payer owes."""
    first = head.start.astimezone(head.contract.zone).date()
    return [
        each
        for each in obligations.current(session, head.contract, now)
        if each.due is not None and first <= each.due <= head.last_day
        if head.scopes is None or each.duty.payer is None or each.duty.payer in head.scopes
    ]


def _blind(session: Session, start: datetime, end: datetime) -> Sequence[BlindTime]:
    wanted = select(BlindTime).where(BlindTime.to_at >= start, BlindTime.from_at < end)
    return session.scalars(wanted.order_by(BlindTime.from_at).limit(MOST_LISTED)).all()
