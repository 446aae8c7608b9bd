"""The audit's figures as a small table for people, in Chinese; the same figures as in JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from sla.audit.judge import AuditResult

STATES: dict[str, str] = {
    "met": "达标",
    "missed": "超时",
    "pending": "未到期",
    "excluded": "不计",
    "unobserved": "未观测",
    "open": "未履行",
    "late": "迟延履行",
}


_CLOCK_LABELS = ("时钟", "响应", "修复（合同结论）", "修复（乙方视角）")
_FIGURE_LABELS = ("合同", "截至", "故障", "违约次数", "违约金（元）", "数据缺陷", "不计", "未观测")


def clock_rows(result: AuditResult) -> list[list[str]]:
    """Return the table of clocks by state, with its heading."""
    heading = [STATES[state] for state in result.response]
    tallies = (result.response, result.repair, result.provider_repair)
    counts = [[str(count) for count in tally.values()] for tally in tallies]
    return [[label, *cells] for label, cells in zip(_CLOCK_LABELS, [heading, *counts], strict=True)]


def figure_rows(result: AuditResult) -> list[list[str]]:
    """Return the single figures with their labels."""
    figures = (
        f"{result.contract.key}  {result.contract.digest[:16]}",
        f"{result.as_of.astimezone(result.contract.zone):%Y-%m-%d %H:%M:%S}",
        result.incidents,
        result.penalty_cases,
        result.penalty_total,
        result.data_faults,
        result.excluded,
        result.unobserved,
    )
    return [[label, str(figure)] for label, figure in zip(_FIGURE_LABELS, figures, strict=True)]


DETAIL_HEADING = [
    "故障",
    "类别",
    "响应",
    "响应到期",
    "修复",
    "计时（秒）",
    "乙方视角",
    "乙方计时（秒）",
    "重大起于",
    "通报次数",
    "备用设备",
    "违约金（元）",
]


def detail_row(entry: dict[str, Any]) -> list[str]:
    """Return one incident as a row under ``DETAIL_HEADING``."""
    provider, backup = entry["provider_view"], entry["backup_obligation"]
    return [
        entry["incident"],
        entry["fault_class"],
        STATES[entry["response"]["state"]],
        entry["response"]["due_at"],
        STATES[entry["repair"]["state"]],
        str(entry["counted_seconds"]),
        STATES[provider["repair"]["state"]],
        str(provider["counted_seconds"]),
        entry["major_since"] or "",
        str(entry["slots"]),
        STATES[backup["state"]] if backup else "",
        entry["penalty"],
    ]


def screen(result: AuditResult) -> str:
    """Return the result as text for a terminal."""
    blocks = [_aligned(figure_rows(result)), _aligned(clock_rows(result))]
    if result.details is not None:
        blocks.append(_aligned([DETAIL_HEADING, *map(detail_row, result.details)]))
    return "\n\n".join(blocks)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
