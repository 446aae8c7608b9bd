"""Reads: probes with their state and availability, days for the heat map, health by module and payer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from incidents.monitoring import rules
from incidents.monitoring.models import Probe, ProbeBeat, ProbeDay, ProbeOutage, ProbeState
from incidents.monitoring.probes import KIND_LABELS
from kernel.edge.inputs import OPEN, demand_known
from kernel.platform import Platform

PAGE = 100
WORST = (rules.DOWN, rules.UNKNOWN, rules.MAINTENANCE, rules.UP)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is limited to; every field is also a URL parameter."""

    state: Annotated[str | None, OPEN] = None
    kind: Annotated[str | None, OPEN] = None
    module: Annotated[str | None, OPEN] = None
    payer: Annotated[str | None, OPEN] = None


@dataclass(frozen=True, slots=True)
class Line:
    """A probe, where it stands, and its availability this month."""

    probe: Probe
    state: ProbeState
    month: Decimal | None

    @property
    def shown(self) -> str:
        """The state people see: a probe that is switched off has none."""
        return self.state.state if self.probe.enabled else rules.UNKNOWN


def listing(
    session: Session, now: datetime, zone: tzinfo, wanted: Filter, cursor: str | None = None
) -> tuple[list[Line], str | None]:
    """Return a page of probes by key, and the next page's cursor; two queries."""
    demand_known("state", wanted.state, rules.STATE_LABELS)
    demand_known("kind", wanted.kind, KIND_LABELS)
    query = select(Probe, ProbeState).join(ProbeState, ProbeState.probe_id == Probe.id).order_by(Probe.key)
    query = query.where(*_conditions(wanted))
    if cursor:
        query = query.where(Probe.key > cursor)
    rows = session.execute(query.limit(PAGE + 1)).all()
    following = rows[PAGE - 1][0].key if len(rows) > PAGE else None
    rows = rows[:PAGE]
    months = availability(session, now, zone, [(p, s) for p, s in rows])
    return [Line(p, s, months.get(p.id)) for p, s in rows], following


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    columns = (
        (ProbeState.state, wanted.state),
        (Probe.kind, wanted.kind),
        (Probe.module, wanted.module),
        (Probe.payer, wanted.payer),
    )
    return [column == value for column, value in columns if value]


def availability(
    session: Session, now: datetime, zone: tzinfo, rows: Iterable[tuple[Probe, ProbeState]]
) -> dict[int, Decimal | None]:
    """Return each probe's availability since the first of this month, an outage that lasts included."""
    found = list(rows)
    first = now.astimezone(zone).date().replace(day=1)
    sums = select(ProbeDay.probe_id, func.sum(ProbeDay.seconds_seen), func.sum(ProbeDay.seconds_down))
    wanted = sums.where(ProbeDay.probe_id.in_([p.id for p, _ in found]), ProbeDay.day >= first)
    known = {row[0]: (row[1], row[2]) for row in session.execute(wanted.group_by(ProbeDay.probe_id))}
    months = {}
    for probe, state in found:
        seen, down = known.get(probe.id, (0.0, 0.0))
        months[probe.id] = rules.availability(seen, down + lasting(state, _midnight(first, zone), now))
    return months


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def lasting(state: ProbeState, since: datetime, now: datetime) -> float:
    """Return the seconds of an outage that is not over yet; days know only of those that are."""
    if state.state != rules.DOWN or state.since is None:
        return 0.0
    return max(0.0, (now - max(state.since, since)).total_seconds())


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day of one probe or of several."""

    checks: int
    failures: int
    percent: Decimal | None


def days(
    session: Session,
    now: datetime,
    zone: tzinfo,
    probes: Sequence[tuple[Probe, ProbeState]],
    number: int = 365,
) -> dict[date, DayFigures]:
    """Return the days of probes together, each second of each probe weighing the same."""
    today = now.astimezone(zone).date()
    names = (ProbeDay.checks, ProbeDay.failures, ProbeDay.seconds_seen, ProbeDay.seconds_down)
    wanted = (
        select(ProbeDay.day, *(func.sum(column) for column in names))
        .where(ProbeDay.probe_id.in_([p.id for p, _ in probes]))
        .where(ProbeDay.day > today - timedelta(days=number))
        .group_by(ProbeDay.day)
        .order_by(ProbeDay.day)
    )
    more: dict[date, float] = {}
    for _probe, state in probes:
        if state.state == rules.DOWN and state.since is not None:
            for day, seconds in rules.by_day(state.since, now, zone).items():
                more[day] = more.get(day, 0.0) + seconds
    return {
        day: DayFigures(checks, failures, rules.availability(seen, down + more.get(day, 0.0)))
        for day, checks, failures, seen, down in session.execute(wanted)
    }


def one(session: Session, key: str) -> tuple[Probe, ProbeState] | None:
    """Return a probe and where it stands."""
    wanted = select(Probe, ProbeState).join(ProbeState, ProbeState.probe_id == Probe.id)
    found = session.execute(wanted.where(Probe.key == key)).first()
    return (found[0], found[1]) if found else None


def of_module(session: Session, module: str | None) -> list[tuple[Probe, ProbeState]]:
    """Return the probes of a module that are on; all of them without one."""
    wanted = select(Probe, ProbeState).join(ProbeState, ProbeState.probe_id == Probe.id)
    wanted = wanted.where(Probe.enabled == 1).order_by(Probe.id)
    if module:
        wanted = wanted.where(Probe.module == module)
    return [(p, s) for p, s in session.execute(wanted)]


def outages(session: Session, probe_id: int, limit: int = 20) -> Sequence[ProbeOutage]:
    """Return the latest outages that are over."""
    wanted = select(ProbeOutage).where(ProbeOutage.probe_id == probe_id)
    return session.scalars(wanted.order_by(ProbeOutage.from_at.desc()).limit(limit)).all()


def heard(session: Session, probe_id: int) -> datetime | None:
    """Return when a heartbeat was heard last."""
    return session.scalar(select(ProbeBeat.at).where(ProbeBeat.probe_id == probe_id))


def counts(session: Session) -> dict[str, int]:
    """Return how many probes are in each state."""
    wanted = select(ProbeState.state, func.count()).join(Probe, Probe.id == ProbeState.probe_id)
    rows = session.execute(wanted.where(Probe.enabled == 1).group_by(ProbeState.state))
    return {row[0]: row[1] for row in rows}


def health(session: Session) -> Mapping[tuple[str | None, str | None], str]:
    """Return the worst state of the probes of each (module, payer); None stands for all."""
    wanted = select(Probe.module, Probe.payer, ProbeState.state).join(
        ProbeState, and_(ProbeState.probe_id == Probe.id, Probe.enabled == 1)
    )
    found: dict[tuple[str | None, str | None], str] = {}
    for module, payer, state in session.execute(wanted):
        known = found.get((module, payer), rules.UP)
        found[module, payer] = min(known, state, key=WORST.index)
    return found


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics: 1 is up, 0 down, and nothing is said of what nobody knows."""
    gauge = platform.metrics.gauge
    with platform.db.read() as session:
        wanted = select(Probe.key, ProbeState.state, ProbeState.checked_at)
        wanted = wanted.join(ProbeState, ProbeState.probe_id == Probe.id)
        rows: Sequence[Any] = session.execute(wanted.where(Probe.enabled == 1)).all()
    for key, state, _at in rows:
        if state in (rules.UP, rules.DOWN):
            gauge("shoushi_probe_up", "Whether a target is up", float(state == rules.UP), probe=key)
    if checked := [at for _key, _state, at in rows if at is not None]:
        age = max(0.0, (platform.clock.now() - max(checked)).total_seconds())
        gauge("shoushi_probe_newest_age_seconds", "Since any probe last checked its target", age)
