"""The report as JSON values and as a workbook; same figures as on the page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from kernel.web.i18n import gettext as _
from sla.audit.report import STATES
from sla.audit.xlsx import cell_value as safe
from sla.report.data import ClassRow, SlaReport, Tally

_CLASS_HEADING = ("类别", "故障数", "响应达标", "响应超时", "修复达标", "修复超时", "平均修复秒数")
_MISSED_HEADING = ("编号", "故障现象", "类别", "响应", "修复", "计时秒数", "违约金（元）")
_SLOT_LABELS = {"owed": "通报应发", "on_time": "通报按时", "late": "通报迟报", "missed": "通报漏报"}


def as_dict(report: SlaReport) -> dict[str, Any]:
    """Return the report as JSON values: times ISO in the contract's zone, money and percents as strings."""
    zone = report.contract.zone
    return {
        "from": report.start.astimezone(zone).isoformat(),
        "to": report.end.astimezone(zone).isoformat(),
        "generated_at": report.generated_at.astimezone(zone).isoformat(),
        "contract": {"key": report.contract.key, "digest": report.contract.digest},
        "incidents": report.incidents,
        "open": report.open,
        "major": report.major,
        "drills": report.drills,
        "response": _tally(report.response),
        "repair": _tally(report.repair),
        "provider_view": {"repair": _tally(report.provider_repair)},
        "classes": [_class(row) for row in report.classes],
        "payers": report.payers,
        "broadcasts": {**report.broadcasts, "punctuality": _text(report.punctuality)},
        "penalty_cases": report.penalty_cases,
        "penalty_total": f"{report.penalty_total:.2f}",
        "missed": [
            {
                "number": case.subject,
                "title": case.title,
                "fault_class": case.fault_class,
                "started_at": case.started_at.astimezone(zone).isoformat(),
                "response": case.response_state,
                "repair": case.repair_state,
                "counted_seconds": case.repair_seconds,
                "penalty": f"{case.penalty:.2f}",
            }
            for case in report.missed
        ],
        "blind_time": [
            {
                "from": b.from_at.astimezone(zone).isoformat(),
                "to": b.to_at.astimezone(zone).isoformat(),
                "reason": b.reason,
            }
            for b in report.blind
        ],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _tally(tally: Tally) -> dict[str, Any]:
    return {**tally.counts, "attainment": _text(tally.attainment)}


def _class(row: ClassRow) -> dict[str, Any]:
    return {
        "fault_class": row.key,
        "incidents": row.incidents,
        "response": _tally(row.response),
        "repair": _tally(row.repair),
        "respond_seconds": {"mean": row.respond_mean, "p90": row.respond_p90},
        "repair_seconds": {"mean": row.repair_mean, "p50": row.repair_p50, "p90": row.repair_p90},
    }


def as_workbook(report: SlaReport) -> bytes:
    """Return the report as XLSX; text that a spreadsheet would run as a formula is neutralised."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    summary = book.create_sheet(_("汇总"))
    for line in _summary_rows(report):
        summary.append([safe(cell) if isinstance(cell, str) else cell for cell in line])
    classes = book.create_sheet(_("按类别"))
    classes.append([_(label) for label in _CLASS_HEADING])
    for row in report.classes:
        response, repair = row.response.counts, row.repair.counts
        figures = [response["met"], response["missed"], repair["met"], repair["missed"], row.repair_mean]
        classes.append([safe(row.name), row.incidents, *figures])
    missed = book.create_sheet(_("超时"))
    missed.append([_(label) for label in _MISSED_HEADING])
    for case in report.missed:
        class_name = report.contract.fault_classes[case.fault_class].name
        states = [_(STATES[case.response_state]), _(STATES[case.repair_state])]
        texts = [case.subject, case.title, class_name, *states]
        missed.append([*map(safe, texts), case.repair_seconds, case.penalty])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _summary_rows(report: SlaReport) -> list[list[object]]:
    zone = report.contract.zone
    rows: list[list[object]] = [
        [_("服务水平报告"), report.contract.title],
        [_("自"), f"{report.start.astimezone(zone):%Y-%m-%d %H:%M}"],
        [_("至"), f"{report.end.astimezone(zone):%Y-%m-%d %H:%M}"],
        [_("合同版本（SM3）"), report.contract.digest],
        [_("故障数"), report.incidents],
        [_("未恢复"), report.open],
        [_("重大故障"), report.major],
    ]
    for label, tally in (
        (_("响应"), report.response),
        (_("修复"), report.repair),
        (_("修复（乙方视角）"), report.provider_repair),
    ):
        rows.append([_("%(clock)s：达标", clock=label), tally.counts["met"]])
        rows.append([_("%(clock)s：超时", clock=label), tally.counts["missed"]])
        rows.append([_("%(clock)s：达标率", clock=label), _text(tally.attainment) or "—"])
    rows += [[_(_SLOT_LABELS[key]), value] for key, value in report.broadcasts.items()]
    rows.append([_("违约金件数"), report.penalty_cases])
    rows.append([_("违约金合计（元）"), f"{report.penalty_total:.2f}"])
    return rows
