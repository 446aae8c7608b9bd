"""Freeze a month's report, read what was frozen, and check that nobody has altered it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit.attest import compare
from kernel.audit.models import AuditEntry
from kernel.crypto import canonical_json, sm3_hex
from kernel.db.once import insert_once
from kernel.errors import Conflict, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.frozen import dispatch
from sla.frozen.models import FrozenReport
from sla.report.data import gather
from sla.report.figures import Figures, figures_of
from sla.report.observed import observed
from sla.report.periods import Period
from sla.report.rehearsed import rehearsed

PAGE = 50
ACTION = "report.frozen"
PLATFORM = Actor("system", "平台", rights={"report.read": frozenset({None})})
"""A frozen report is about everything, whoever freezes it."""


def freeze(
    platform: Platform, session: Session, now: datetime, by: str, period: Period, reason: str | None = None
) -> FrozenReport:
    """Issue the report of a month that has ended; again only with a reason."""
    figures = live_figures(platform, session, period, now)
    if period.span(platform.zone)[1] > now:
        raise Invalid.field("period", "这个月还没有结束，结束后才能冻结。")
    wanted = select(func.max(FrozenReport.version)).where(FrozenReport.period == period.key)
    version = (session.scalar(wanted) or 0) + 1
    if version > 1 and not (reason or "").strip():
        raise Invalid.field("reason", "本月报告已冻结；重新出具须写明理由，原版本仍可查看。")
    text = canonical_json(figures).decode()
    row = {
        "period": period.key,
        "version": version,
        "contract": figures["contract"]["digest"],
        "figures": text,
        "digest": sm3_hex(text.encode()),
        "issued_by": by,
        "issued_at": now,
        "reason": reason.strip() if reason and version > 1 else None,
    }
    if not insert_once(session, FrozenReport, row):
        raise Conflict("刚刚已有人冻结了这个月的报告，请刷新后查看。")
    audit.record(session, now, ACTION, _subject(period.key, version), {"digest": seal(row)})
    found = one(session, period.key, version)
    dispatch.send(platform, session, now, found, figures_in(found))
    return found


def live_figures(platform: Platform, session: Session, period: Period, now: datetime) -> Figures:
    """Return the figures of the period as they are now, about everything."""
    begin, end = period.span(platform.zone)
    seen = observed(platform, session, begin, end, now)
    held = rehearsed(platform, session, begin, end)
    return figures_of(gather(session, PLATFORM, pinned.in_force(platform), begin, end, now, seen, held))


def _subject(period: str, version: int) -> str:
    return f"report:{period}/{version}"


def seal(row: dict[str, Any]) -> str:
    """Return the SM3 over everything an issue says; the audit chain keeps it."""
    names = ("period", "version", "contract", "figures", "digest", "issued_by", "issued_at", "reason")
    return sm3_hex(canonical_json({name: row[name] for name in names}))


def verify_frozen(session: Session) -> Iterator[str]:
    """Yield every frozen report that was altered, added behind the platform's back or taken away."""
    rows = session.execute(select(*FrozenReport.__table__.columns).order_by(FrozenReport.id)).all()
    sealed = [(_subject(r.period, r.version), seal(r._asdict())) for r in rows]
    return compare(session, ACTION, sealed)


def listing(session: Session, before: int | None = None) -> tuple[Sequence[FrozenReport], int | None]:
    """Return a page of issues, the newest first, and the cursor of the next page."""
    wanted = select(FrozenReport).order_by(FrozenReport.id.desc()).limit(PAGE + 1)
    if before is not None:
        wanted = wanted.where(FrozenReport.id < before)
    rows = session.scalars(wanted).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def one(session: Session, period: str, version: int | None = None) -> FrozenReport:
    """Return an issue, the newest unless a version is named; 404 when there is none."""
    wanted = select(FrozenReport).where(FrozenReport.period == period).order_by(FrozenReport.version.desc())
    if version is not None:
        wanted = wanted.where(FrozenReport.version == version)
    found = session.scalars(wanted.limit(1)).one_or_none()
    if found is None:
        raise NotFound(_("没有 %(period)s 的冻结报告。", period=period))
    return found


def figures_in(report: FrozenReport) -> Figures:
    """Return the figures of an issue."""
    found: Figures = json.loads(report.figures)
    return found


def unaltered(session: Session, report: FrozenReport) -> bool:
    """Whether the issue still says what the audit chain attests."""
    columns = {c.name: getattr(report, c.name) for c in FrozenReport.__table__.columns}
    wanted = select(AuditEntry.detail).where(AuditEntry.subject == _subject(report.period, report.version))
    kept = session.scalars(wanted.where(AuditEntry.action == ACTION)).all()
    return [json.loads(detail).get("digest") for detail in kept] == [seal(columns)]
