"""Reads of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Row, and_, or_, select, true
from sqlalchemy.orm import Session

from kernel.edge.inputs import OPEN
from kernel.errors import Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla.cases.models import Case, CasePayer, VerdictRecord
from sla.penalties import sums
from sla.penalties.models import Penalty, PenaltyEntry
from sla.penalties.rules import CONFIRMED, CONTESTED, PROPOSED, VOID
from sla.penalties.sums import Total

PAGE = 50


@dataclass(frozen=True, slots=True)
class Period:
    """Limits the ledger to cases that began in [since, until), and to what stands."""

    since: Annotated[AwareDatetime | None, OPEN] = None
    until: Annotated[AwareDatetime | None, OPEN] = None
    standing: Annotated[bool | None, OPEN] = None


EVER = Period()


def listing(
    session: Session,
    actor: Actor,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    *,
    period: Period = EVER,
) -> tuple[Sequence[Row[tuple[Penalty, Case]]], str | None]:
    """Return a page of penalties with their cases, the newest first, and the next page's cursor."""
    wanted = select(Penalty, Case).join(Case, Case.id == Penalty.case_id).order_by(Penalty.id.desc())
    wanted = wanted.where(_seen(actor))
    if state:
        wanted = wanted.where(Penalty.state == state)
    wanted = wanted.where(*_conditions(period))
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 18:
            raise Invalid.field("cursor", "翻页标记无效，请从第一页开始。")
        wanted = wanted.where(Penalty.id < int(cursor))
    rows = session.execute(wanted.limit(limit + 1)).all()
    following = str(rows[limit - 1][0].id) if len(rows) > limit else None
    return rows[:limit], following


def _conditions(period: Period) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if period.since:
        found.append(Case.started_at >= period.since)
    if period.until:
        found.append(Case.started_at < period.until)
    if period.standing is not None:
        found.append(Penalty.state.not_in(VOID) if period.standing else Penalty.state.in_(VOID))
    return found


def entries(session: Session, penalty_ids: Sequence[int]) -> dict[int, list[PenaltyEntry]]:
    """Return the ledger lines of many penalties in one query."""
    found: dict[int, list[PenaltyEntry]] = {i: [] for i in penalty_ids}
    wanted = select(PenaltyEntry).where(PenaltyEntry.penalty_id.in_(list(penalty_ids)))
    for entry in session.scalars(wanted.order_by(PenaltyEntry.penalty_id, PenaltyEntry.seq)):
        found[entry.penalty_id].append(entry)
    return found


def find(session: Session, actor: Actor, number: str, *, for_update: bool = False) -> tuple[Penalty, Case]:
    """Return a penalty with its case; 404 when the actor may not see it."""
    wanted = select(Penalty, Case).join(Case, Case.id == Penalty.case_id).where(Penalty.number == number)
    wanted = wanted.where(_seen(actor))
    if for_update:
        wanted = wanted.with_for_update(of=Penalty)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(_("没有违约记录 %(number)s，或不在您的查看范围内。", number=number))
    return row[0], row[1]


def one(session: Session, actor: Actor, number: str) -> tuple[Penalty, Case, list[PenaltyEntry]]:
    """Return a penalty with its case and lines; 404 when the actor may not see it."""
    penalty, case = find(session, actor, number)
    return penalty, case, entries(session, [penalty.id])[penalty.id]


def last_verdict(session: Session, penalty_id: int) -> int:
    """Return the verdict version that the newest line rests on."""
    wanted = select(PenaltyEntry.verdict_version).where(PenaltyEntry.penalty_id == penalty_id)
    return session.execute(wanted.order_by(PenaltyEntry.seq.desc()).limit(1)).scalar_one()


def verdicts_of(session: Session, case_id: int) -> dict[int, VerdictRecord]:
    """Return the case's verdicts by version, the ground on which the ledger's lines rest."""
    wanted = select(VerdictRecord).where(VerdictRecord.case_id == case_id).order_by(VerdictRecord.version)
    return {record.version: record for record in session.scalars(wanted)}


def totals(session: Session, actor: Actor, period: Period = EVER) -> dict[str, Total]:
    """Return the sums of what `listing` lists, by state."""
    if period == EVER and actor.scopes("penalty.read") is None:
        wanted = sums.kept()
    else:
        wanted = sums.counted().join(Case, Case.id == Penalty.case_id).where(_seen(actor))
        wanted = wanted.where(*_conditions(period))
    return {row[0]: Total(*row) for row in session.execute(wanted)}


def undecided(
    session: Session, actor: Actor, now: datetime, limit: int
) -> Sequence[Row[tuple[Penalty, Case]]]:
    """Return what party A is to decide, the oldest first: proposed, contested, or no longer contestable."""
    over = and_(Penalty.state == CONFIRMED, Penalty.contest_until < now)
    wanted = (
        select(Penalty, Case)
        .join(Case, Case.id == Penalty.case_id)
        .where(_seen(actor), or_(Penalty.state == PROPOSED, Penalty.state == CONTESTED, over))
        .order_by(Penalty.since, Penalty.id)
    )
    return session.execute(wanted.limit(limit)).all()


def _seen(actor: Actor) -> ColumnElement[bool]:
    scopes = actor.scopes("penalty.read")
    if scopes is None:
        return true()
    return Case.id.in_(select(CasePayer.case_id).where(CasePayer.payer.in_(scopes)))
