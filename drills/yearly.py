"""The year's drills as a printed document: what the contract demands, what was planned, held and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from drills import items, present, queries, rules
from drills.models import Drill, DrillItem
from kernel.identity.models import Person
from kernel.pdf import Block, Document, Facts, Heading, Paragraph, Signatures, Table
from kernel.platform import Platform
from kernel.web.formats import localdate, localtime
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.contract import Contract
from sla.obligations.rules import MISSED, Obligation
from sla.report.rehearsed import Rehearsal

OPEN_ITEMS = 200


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An improvement that is still to be made or to be checked."""

    number: str
    title: str
    owner: str
    due_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Year:
    """A year's drills, as the page and the document show them."""

    year: int
    contract: Contract
    owed: Sequence[Obligation]
    drills: Sequence[Drill]
    pending: Sequence[OpenItem]
    scenarios: Mapping[str, str]
    now: datetime


def of_year(platform: Platform, session: Session, year: int, now: datetime) -> Year:
    """Read a year; 422 for one that nobody plans."""
    contract = pinned.in_force(platform)
    drills = queries.of_year(session, platform.zone, year)
    return Year(
        year=year,
        contract=contract,
        owed=queries.owed(session, contract, now, year),
        drills=drills,
        pending=_pending(session, [drill.id for drill in drills]),
        scenarios=present.words(platform)["scenarios"],
        now=now,
    )


def _pending(session: Session, drill_ids: Sequence[int]) -> list[OpenItem]:
    wanted = (
        select(Drill.number, DrillItem.title, Person.display_name, DrillItem.due_at, DrillItem.state)
        .join(Drill, Drill.id == DrillItem.drill_id)
        .join(Person, Person.id == DrillItem.owner_id)
        .where(DrillItem.drill_id.in_(drill_ids), DrillItem.state.in_(items.PENDING))
    )
    rows = session.execute(wanted.order_by(DrillItem.due_at, DrillItem.id).limit(OPEN_ITEMS))
    return [OpenItem(*row) for row in rows.tuples()]


def measured(drill: Drill) -> str:
    """Return the recovery time that was measured beside its limit, as people read it."""
    found = drill.result or {}
    if found.get("rto") is None:
        return "—"
    limit = found.get("rto_limit")
    return f"{present.span(found['rto'])} / {present.span(limit) if limit is not None else '—'}"


def as_document(found: Year) -> Document:
    """Return the year on paper."""
    blocks: list[Block] = [
        _head(found),
        Heading(_("一、合同要求"), 2),
        _owed(found),
        Heading(_("二、计划与举行"), 2),
        _held(found),
        Heading(_("三、未了整改事项"), 2),
        _items(found),
        Heading(_("四、签字"), 2),
        Signatures([(_("乙方"), [_("签字"), _("日期")]), (_("甲方"), [_("签字"), _("日期")])]),
    ]
    return Document(
        title=_("%(year)s年应急演练计划与执行情况", year=found.year),
        subtitle=_("合同%(article)s", article=found.contract.drills.article),
        blocks=blocks,
        made_at=found.now,
        footer=_("应急演练"),
        page=_("第 1 页，共 1 页"),
        lang=current_language(),
    )


def _head(found: Year) -> Facts:
    held = [drill for drill in found.drills if drill.outcome]
    missed = [each for each in found.owed if each.state == MISSED]
    return Facts(
        [
            (_("演练频次"), _("每%(n)s个月至少一次", n=found.contract.drills.every_months)),
            (_("到期的演练义务"), str(len(found.owed))),
            (_("逾期未举行"), str(len(missed))),
            (_("计划的演练"), str(len(found.drills))),
            (_("举行的演练"), str(len(held))),
            (_("其中达标"), str(sum(drill.outcome == rules.COMPLETED for drill in held))),
        ]
    )


def _owed(found: Year) -> Table:
    rows = [
        [
            f"{localdate(each.duty.since)} — {localdate(each.due)}"
            if each.duty.since
            else localdate(each.due),
            _("已举行") if not each.open else _("逾期未举行") if each.state == MISSED else _("待举行"),
            localdate(each.duty.done) if each.duty.done else "—",
        ]
        for each in found.owed
    ]
    head = [_("期间"), _("状态"), _("举行日期")]
    return Table(head, rows, widths=(1.0, 0, 0), empty=_("这一年没有到期的演练义务。"))


def _held(found: Year) -> Table:
    rows = [
        [
            drill.number,
            drill.title,
            found.scenarios.get(drill.scenario, drill.scenario),
            _(present.FORM_LABELS[drill.form]),
            localtime(drill.started_at or drill.begins_at),
            _(rules.OUTCOME_LABELS[drill.outcome]) if drill.outcome else _(rules.STATE_LABELS[drill.state]),
            measured(drill),
        ]
        for drill in found.drills
    ]
    head = [
        _("编号"), _("演练名称"), _("场景"), _("演练形式"), _("开始"), _("结果"), _("恢复时间：实测 / 限值"),
    ]  # fmt: skip
    return Table(head, rows, widths=(0, 1.4, 1.2, 0, 0, 0, 0), empty=_("这一年还没有计划的演练。"))


def _items(found: Year) -> Block:
    rows = [
        [item.number, item.title, item.owner, localtime(item.due_at), _(items.STATE_LABELS[item.state])]
        for item in found.pending
    ]
    if not rows:
        return Paragraph(_("没有未了的整改事项。"))
    head = [_("演练编号"), _("事项"), _("负责人"), _("期限"), _("状态")]
    return Table(head, rows, widths=(0, 1.0, 0, 0, 0))


def rehearsed(session: Session, start: datetime, end: datetime) -> list[Rehearsal]:
    """Return the drills that ended in [start, end), for the SLA report (`Manifest.rehearsed`)."""
    wanted = (
        select(Drill).where(Drill.ended_at >= start, Drill.ended_at < end).order_by(Drill.ended_at, Drill.id)
    )
    return [_rehearsal(drill) for drill in session.scalars(wanted)]


def _rehearsal(drill: Drill) -> Rehearsal:
    found = drill.result or {}
    return Rehearsal(
        number=drill.number,
        title=drill.title,
        incident=drill.incident,
        started_at=drill.started_at or drill.begins_at,
        outcome=drill.outcome,
        rto=found.get("rto"),
        rto_limit=found.get("rto_limit"),
        lost_rows=found.get("lost_rows"),
    )
