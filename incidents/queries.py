"""Reads: which incidents an actor may see, lists, and everything about one."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    false,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from incidents import log, rules, service
from incidents.broadcasts import grid, sending
from incidents.broadcasts.rules import Receipt
from incidents.models import Broadcast, Incident, IncidentEvent, IncidentPayer
from kernel.db import table_of
from kernel.db.prepared import Prepared
from kernel.edge.inputs import OPEN, demand_known
from kernel.errors import Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.cases.models import Case
from sla.contract import Contract
from sla.events import Event, EventError, parse_time
from sla.verdict import BACKUP_STATES, CLOCK_STATES, Verdict, judge

PAGE = 50
MOST = 200
_COLUMNS = tuple(table_of(Incident).columns)
"""A list is only read: rows cost a third of what mapped objects cost."""
_Row = namedtuple("_Row", [column.name for column in _COLUMNS])  # type: ignore[misc]
_NEWEST = Prepared(
    select(*_COLUMNS)
    .where(Incident.id < bindparam("before"))
    .order_by(Incident.id.desc())
    .limit(bindparam("most")),
    gathered=True,
)
"""The list as it is mostly asked for, of everything and unfiltered: the general way takes twice as long."""
_END = 10**18


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is limited to; every field is also a URL parameter."""

    state: str | None = None
    fault_class: str | None = None
    module: str | None = None
    payer: str | None = None
    q: str | None = None
    open: Annotated[bool | None, OPEN] = None
    major: Annotated[bool | None, OPEN] = None
    restored: Annotated[bool | None, OPEN] = None
    drill: Annotated[bool | None, OPEN] = None
    late: Annotated[bool | None, OPEN] = None
    """Missed the response or the repair."""
    response: str | None = None
    repair: str | None = None
    provider: str | None = None
    backup: str | None = None
    since: Annotated[AwareDatetime | None, OPEN] = None
    until: Annotated[AwareDatetime | None, OPEN] = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that limits incidents to what the actor may see: role × unit."""
    own = Incident.reporter_id == actor.person_id if actor.person_id is not None else false()
    if not actor.may("incident.read"):
        return own
    scopes = actor.scopes("incident.read")
    if scopes is None:
        return Incident.id > 0
    touched = select(IncidentPayer.incident_id).where(IncidentPayer.payer.in_(scopes))
    return or_(Incident.id.in_(touched), own)


def find_visible(session: Session, actor: Actor, number: str) -> Incident:
    """Return the incident if the actor may see it; 404 otherwise, as if it did not exist."""
    incident = session.scalar(select(Incident).where(Incident.number == number, visible(actor)))
    if incident is None:
        raise NotFound(_("没有故障 %(number)s，或不在您的查看范围内。", number=number))
    return incident


def listing(
    session: Session, actor: Actor, wanted: Filter, cursor: str | None = None, limit: int = PAGE
) -> tuple[Sequence[Any], str | None]:
    """Return a page of incidents as rows of their columns, the newest first, and the next page's cursor."""
    demand_known("state", wanted.state, rules.STATE_LABELS)
    for clock in ("response", "repair", "provider"):
        demand_known(clock, getattr(wanted, clock), CLOCK_STATES)
    demand_known("backup", wanted.backup, BACKUP_STATES)
    limit = max(1, min(limit, MOST))
    before = cursor_id(cursor) if cursor else _END
    rows: Sequence[Any]
    if wanted == Filter() and _sees_all(actor):
        rows = [_Row(*row) for row in _NEWEST.rows(session, {"before": before, "most": limit + 1})]
    else:
        query = select(*_COLUMNS).where(visible(actor), *_conditions(wanted), Incident.id < before)
        rows = session.execute(query.order_by(Incident.id.desc()).limit(limit + 1)).all()
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return rows[:limit], following


def _sees_all(actor: Actor) -> bool:
    return actor.may("incident.read") and actor.scopes("incident.read") is None


def cursor_id(cursor: str) -> int:
    """Read the cursor of a list that is paged by id; 422 when it is none."""
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Invalid.field("cursor", "翻页标记无效，请从第一页开始。")
    return int(cursor)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(Incident.state == wanted.state)
    if wanted.fault_class:
        found.append(Incident.fault_class == wanted.fault_class)
    if wanted.payer:
        found.append(
            Incident.id.in_(select(IncidentPayer.incident_id).where(IncidentPayer.payer == wanted.payer))
        )
    if wanted.module:
        keys = type_coerce(Incident.modules, Text)  # as text: the column's own type would encode the pattern
        found.append(keys.contains(f'"{wanted.module}"', autoescape=True))
    if wanted.q:
        found.append(or_(Incident.number == wanted.q, Incident.title.contains(wanted.q, autoescape=True)))
    found += _flags(wanted)
    found += _judged(wanted)
    if wanted.since:
        found.append(Incident.started_at >= _within_calendar(wanted.since, "since"))
    if wanted.until:
        found.append(Incident.started_at < _within_calendar(wanted.until, "until"))
    return found


def _flags(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.open is not None:
        found.append(Incident.closed == int(not wanted.open))
    if wanted.drill is not None:
        found.append(Incident.drill == int(wanted.drill))
    for column, there in ((Incident.major_since, wanted.major), (Incident.restored_at, wanted.restored)):
        if there is not None:
            found.append(column.is_not(None) if there else column.is_(None))
    return found


def _judged(wanted: Filter) -> list[ColumnElement[bool]]:
    """Conditions on the newest verdict, which the case of the incident keeps."""
    found = [
        column == value
        for column, value in (
            (Case.response_state, wanted.response),
            (Case.repair_state, wanted.repair),
            (Case.provider_repair_state, wanted.provider),
            (Case.backup_state, wanted.backup),
        )
        if value
    ]
    if wanted.late is not None:
        missed = or_(Case.response_state == "missed", Case.repair_state == "missed")
        found.append(missed if wanted.late else not_(missed))
    return [exists().where(Case.subject == Incident.number, *found)] if found else []


def _within_calendar(at: datetime, field: str) -> datetime:
    try:
        return parse_time(at, field)
    except EventError as error:
        raise service.refused(error) from None


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about one incident."""

    incident: Incident
    contract: Contract
    life: rules.Life
    rows: Sequence[IncidentEvent]
    verdict: Verdict
    broadcasts: Sequence[Broadcast]
    receipts: Mapping[int, Sequence[Receipt]]
    now: datetime


def detail(session: Session, actor: Actor, number: str, now: datetime) -> Detail:
    """Return one incident with its log, its verdict as of now, and its broadcasts."""
    incident = find_visible(session, actor, number)
    contract = pinned.version(session, incident.contract)
    rows = log.rows_of(session, incident.id)
    events = sorted((log.to_event(r) for r in rows), key=lambda e: (e.at, e.seq))
    verdict = judge(contract, events, now)
    rows_sent = grid.rows_of(session, incident.id)
    return Detail(
        incident=incident,
        contract=contract,
        life=service.life_of(contract, events),
        rows=rows,
        verdict=verdict,
        broadcasts=grid.whole_grid(rows_sent, contract, verdict, now),
        receipts=sending.receipts(session, [b.id for b in rows_sent]),
        now=now,
    )


def open_with_verdicts(
    session: Session, actor: Actor, now: datetime, limit: int = MOST
) -> list[tuple[Incident, Verdict]]:
    """Return the incidents in which something is still to be done, each with its verdict; three queries."""
    wanted = select(Incident).where(and_(visible(actor), Incident.closed == 0)).order_by(Incident.id.desc())
    incidents = session.scalars(wanted.limit(limit)).all()
    events = log.load(session, [i.id for i in incidents])
    return [(i, judge(pinned.version(session, i.contract), events[i.id], now)) for i in incidents]


def histories(session: Session, actor: Actor, wanted: Filter) -> Iterator[tuple[Incident, Sequence[Event]]]:
    """Yield all visible incidents with their events, in batches."""
    last = 0
    while True:
        query: Select[tuple[Incident]] = select(Incident).where(
            visible(actor), Incident.id > last, *_conditions(wanted)
        )
        incidents = session.scalars(query.order_by(Incident.id).limit(500)).all()
        if not incidents:
            return
        events = log.load(session, [i.id for i in incidents])
        for incident in incidents:
            yield incident, events[incident.id]
        last = incidents[-1].id
