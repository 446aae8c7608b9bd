"""What a page says: to those who must act, and to party A that nobody has yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from incidents.models import Incident
from incidents.oncall import rules
from kernel.platform import Platform
from sla.contract import Contract
from sla.events import Event
from sla.ladder import CALL, OPENS_AGAIN, unanswered_since
from sla.schedule import BREACH
from sla.verdict import Verdict


class Words(NamedTuple):
    """Title and text for each party."""

    for_party_b: tuple[str, str]
    for_party_a: tuple[str, str]


def of(
    platform: Platform,
    incident: Incident,
    verdict: Verdict,
    events: Sequence[Event],
    row: Any,
) -> Words:
    """Return the words of a rung."""
    contract = verdict.contract
    drill = "【演练】" if incident.drill else ""
    if row.clock == CALL:
        title, lines = _call(platform, contract, verdict, events, row)
    else:
        title, lines = _repair(platform, contract, verdict, row)
    body = "\n".join(
        [f"{incident.number} {incident.title}", *lines, f"报告人：{incident.reporter or '未登记'}"]
    )
    quiet = f"{drill}【尚无人响应】{incident.title}"
    since = (unanswered_since(verdict, events) or verdict.started_at).astimezone(platform.zone)
    told = (
        f"{incident.number} {incident.title}\n自 {since:%Y-%m-%d %H:%M} 起尚无工程师响应，平台正在继续呼叫。"
    )
    return Words((f"{drill}{title}：{incident.title}", body), (quiet, told))


def _call(
    platform: Platform, contract: Contract, verdict: Verdict, events: Sequence[Event], row: Any
) -> tuple[str, list[str]]:
    nth = rules.order(contract, row.rung)
    if any(e.type in OPENS_AGAIN for e in events):
        title = "【故障重开】请立即响应" if nth == 1 else f"【故障重开·第{nth}次呼叫】请立即响应"
        return title, ["故障已重开，修复计时继续，请立即响应并答复。"]
    due = verdict.response.due_at.astimezone(platform.zone)
    title = f"【{'新故障' if nth == 1 else f'第{nth}次呼叫'}】请在{due:%H:%M}前响应"
    return title, [f"请在 {due:%Y-%m-%d %H:%M} 前响应并答复报告人（{verdict.response.article}）。"]


def _repair(platform: Platform, contract: Contract, verdict: Verdict, row: Any) -> tuple[str, list[str]]:
    due = verdict.repair.due_at.astimezone(platform.zone)
    lines = [f"应在 {due:%Y-%m-%d %H:%M} 前修复（{verdict.repair.article}）。"]
    if row.rung == BREACH:
        return "【修复超时】已超过修复时限", lines
    if row.rung.startswith("after:"):
        over: timedelta = contract.repair.repeat * int(row.rung.removeprefix("after:"))
        return f"【修复超时】已超时{over // timedelta(minutes=1)}分钟", lines
    return f"【修复提醒】时限已用{row.rung}%，应在{due:%H:%M}前修复", lines
