"""Reads of drills: one with everything, the register, and the year as planned and held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from drills import items, log, rules, service
from drills.models import Drill, DrillEntry, DrillItem
from drills.plan import Resolved
from kernel.edge.inputs import OPEN, demand_known
from kernel.errors import AppError, Invalid
from kernel.identity.directory import names_of
from kernel.identity.models import Person
from kernel.platform import Platform
from sla.contract import Contract
from sla.obligations import service as obligations
from sla.obligations.rules import Obligation

PAGE = 50


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about one drill."""

    drill: Drill
    life: rules.Life
    entries: Sequence[DrillEntry]
    resolved: Resolved | None
    """None when its scenario has left the catalogue or changed beyond the plan; `broken` says why."""
    broken: str
    items: Sequence[DrillItem]
    names: Mapping[str, str]
    owners: Mapping[int, str]
    now: datetime

    def entry(self, kind: str) -> DrillEntry | None:
        """Return the last entry of a kind."""
        return next((entry for entry in reversed(self.entries) if entry.kind == kind), None)

    @property
    def remaining(self) -> list[rules.UndoStep]:
        """What is left of the way back."""
        if self.resolved is None:
            return []
        what = self.resolved.scenario
        return rules.way_back(what.rollback, what.injections, self.life.injected, self.life.undone)

    @property
    def head(self) -> str:
        """The hash that covers everything up to now."""
        return self.drill.head


def detail(platform: Platform, session: Session, number: str, now: datetime) -> Detail:
    """Return a drill with its log; 404 when there is none."""
    drill = service.find(session, number)
    found = log.entries(session, drill.id)
    resolved, broken = None, ""
    try:
        resolved = service.resolve(platform, drill.plan)
    except AppError as error:
        broken = error.detail
    known = items.of(session, drill.id)
    usernames = [entry.actor for entry in found] + (resolved.plan.roles.everybody() if resolved else [])
    owners = select(Person.id, Person.display_name).where(Person.id.in_([item.owner_id for item in known]))
    return Detail(
        drill=drill,
        life=rules.fold(rules.Told(e.kind, e.data, e.at, e.actor) for e in found),
        entries=found,
        resolved=resolved,
        broken=broken,
        items=known,
        names=names_of(session, usernames),
        owners=dict(session.execute(owners).tuples().all()),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What the register is limited to; every field is also a URL parameter."""

    state: str | None = None
    outcome: str | None = None
    scenario: str | None = None
    year: Annotated[int | None, OPEN] = None


def listing(
    session: Session, zone: ZoneInfo, wanted: Filter, cursor: str | None = None, limit: int = PAGE
) -> tuple[list[Drill], str | None]:
    """Return a page of the register, the newest first, and the cursor of the next page."""
    demand_known("state", wanted.state, rules.STATE_LABELS)
    query = select(Drill).order_by(Drill.id.desc())
    for column, value in (
        (Drill.state, wanted.state),
        (Drill.outcome, wanted.outcome),
        (Drill.scenario, wanted.scenario),
    ):
        if value:
            query = query.where(column == value)
    if wanted.year:
        begins, ends = year_of(wanted.year, zone)
        query = query.where(Drill.begins_at >= begins, Drill.begins_at < ends)
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 18:
            raise Invalid.field("cursor", "翻页标记无效，请从第一页开始。")
        query = query.where(Drill.id < int(cursor))
    rows = list(session.scalars(query.limit(limit + 1)).all())
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return rows[:limit], following


def year_of(year: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a year's first instant and the next year's; 422 for a year nobody plans."""
    if not 2000 <= year <= 2100:
        raise Invalid.field("year", "年份应在2000与2100之间。")
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def of_year(session: Session, zone: ZoneInfo, year: int) -> Sequence[Drill]:
    """Return a year's drills by the day they are planned for, without those given up."""
    begins, ends = year_of(year, zone)
    wanted = select(Drill).where(Drill.begins_at >= begins, Drill.begins_at < ends)
    wanted = wanted.where(Drill.state != rules.WITHDRAWN)
    return session.scalars(wanted.order_by(Drill.begins_at, Drill.id).limit(500)).all()


def owed(session: Session, contract: Contract, now: datetime, year: int) -> list[Obligation]:
    """Return the contract's demands for drills that fall due in a year (第十七条)."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = obligations.current(session, contract, now)
    return [o for o in found if o.duty.kind == "drill" and o.due is not None and first <= o.due <= last]


def under_way(session: Session) -> Sequence[Drill]:
    """Return the drills that hold machines at the moment, for the boards."""
    wanted = select(Drill).where(Drill.state.in_(rules.ACTIVE)).order_by(Drill.id)
    return session.scalars(wanted.limit(20)).all()


AWAITS_LABELS = {
    rules.PLANNED: "批准演练方案",
    rules.ROLLED_BACK: "评估演练",
    rules.EVALUATED: "签署演练报告",
}


def awaiting_a(session: Session) -> Sequence[Row[tuple[Drill, datetime]]]:
    """Return the drills that wait for party A, each with the instant since when."""
    wanted = (
        select(Drill, DrillEntry.at)
        .join(DrillEntry, and_(DrillEntry.drill_id == Drill.id, DrillEntry.seq == Drill.seq))
        .where(Drill.state.in_(AWAITS_LABELS))
    )
    return session.execute(wanted.order_by(Drill.id).limit(50)).all()


def items_pending(session: Session) -> Mapping[int, int]:
    """Return how many improvement items each drill still has open."""
    wanted = select(DrillItem.drill_id, func.count()).where(DrillItem.state.in_(items.PENDING))
    return dict(session.execute(wanted.group_by(DrillItem.drill_id)).tuples().all())
