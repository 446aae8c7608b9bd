"""What the pages show of a penalty, as plain values for the templates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.identity.actor import Actor
from kernel.web.formats import duration, money
from kernel.web.i18n import gettext as _
from sla.cases.models import VerdictRecord
from sla.penalties import ledger, rules
from sla.penalties.models import Penalty, PenaltyEntry
from sla.penalties.service import RIGHTS

TONES = {
    rules.PROPOSED: "near",
    rules.CONFIRMED: "info",
    rules.CONTESTED: "near",
    rules.FINAL: "over",
    rules.SETTLED: "met",
    rules.WITHDRAWN: "neutral",
    rules.WAIVED: "neutral",
    rules.REVERSED: "paused",
}
_AHEAD_WORDS = {
    rules.PROPOSED: ("甲方确认或撤回", "乙方接受或提出异议", "生效", "结算扣除"),
    rules.CONFIRMED: ("乙方接受或提出异议", "生效", "结算扣除"),
    rules.CONTESTED: ("甲方维持或免除", "生效", "结算扣除"),
    rules.FINAL: ("结算扣除",),
}


def steps(penalty: Penalty, lines: Sequence[PenaltyEntry]) -> list[dict[str, Any]]:
    """Return the penalty's life as a stepper: what has happened, who is to move, what comes then."""
    found: list[dict[str, Any]] = [
        {"label": _(rules.ENTRY_LABELS[e.type]), "state": "done", "who": _who(e), "at": e.at} for e in lines
    ]
    ahead = list(_AHEAD_WORDS.get(penalty.state, ()))
    if penalty.state == rules.REVERSED and penalty.balance:
        ahead = [rules.ENTRY_LABELS[rules.CREDITED]]
    due = penalty.contest_until if penalty.state == rules.CONFIRMED else None
    for place, word in enumerate(ahead):
        state = "todo" if place else "current"
        found.append({"label": _(word), "state": state, "due": None if place else due})
    return found


def _who(line: PenaltyEntry) -> str:
    """Name who entered a line; what no person did, the platform did."""
    return _("平台") if line.actor in ("engine", "system", "bus") else line.actor


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the penalty's page."""

    key: str
    label: str
    consequences: Sequence[str]
    reason: bool
    danger: bool


def actions(penalty: Penalty, actor: Actor, days: int, now: datetime) -> list[Action]:
    """Return what the actor may decide now, each with what will follow from it."""
    possible = rules.possible(ledger.life_of(penalty), now)
    amount = money(penalty.amount)
    words = {
        "confirm": (
            _("确认违约"),
            [_("乙方收到通知，可在%(days)s日内接受或提出异议（第二十七条）；在此之前不扣款。", days=days)],
        ),
        "withdraw": (_("撤回"), [_("以 −%(amount)s 的分录冲回，不扣款；撤回后不能恢复。", amount=amount)]),
        "accept": (
            _("接受"),
            [_("记录立即生效，%(amount)s 在下一期付款中扣除；不能再提出异议。", amount=amount)],
        ),
        "contest": (_("提出异议"), [_("甲方收到通知，须决定维持或免除；决定之前不扣款。")]),
        "finalize": (
            _("转为生效"),
            [_("异议期内未收到异议；%(amount)s 在下一期付款中扣除。", amount=amount)],
        ),
        "uphold": (_("维持"), [_("异议不成立，记录生效，%(amount)s 在下一期付款中扣除。", amount=amount)]),
        "waive": (_("免除"), [_("以 −%(amount)s 的分录冲回，不扣款；免除后不能恢复。", amount=amount)]),
    }
    return [
        Action(d.key, *words[d.key], d.reason, d.entry in rules.VOID)
        for d in possible
        if actor.may(RIGHTS[d.party])
    ]


def timeline(lines: Sequence[PenaltyEntry], verdicts: Mapping[int, VerdictRecord]) -> list[dict[str, Any]]:
    """Return the lines as timeline entries, the newest first, with how their verdicts differ."""
    found = []
    before: int | None = None
    for line in lines:
        body = [line.reason] if line.reason else []
        if before is not None and before != line.verdict_version:
            body += differences(verdicts.get(before), verdicts.get(line.verdict_version))
        before = line.verdict_version
        found.append(
            {
                "at": line.at,
                "who": _who(line),
                "what": " ".join([_(rules.ENTRY_LABELS[line.type]), *([money(line.amount)] if line.amount else [])]),
                "tone": "over" if line.amount > 0 else "met" if line.amount < 0 else "neutral",
                "body": "\n".join(body),
            }
        )
    return found[::-1]


def differences(old: VerdictRecord | None, new: VerdictRecord | None) -> list[str]:
    """Return in words what changed from one verdict version to another."""
    if old is None or new is None:
        return []
    said = {
        _("故障类别"): "fault_class",
        _("响应"): "response.state",
        _("修复"): "repair.state",
        _("计入时间"): "repair.counted_seconds",
        _("违约金"): "penalty",
    }
    a, b = json.loads(old.result), json.loads(new.result)
    head = _("评判第%(old)s版 → 第%(new)s版：", old=old.version, new=new.version)
    changed = [
        f"{label} {_shown(path, a)} → {_shown(path, b)}"
        for label, path in said.items()
        if _at(path, a) != _at(path, b)
    ]
    return [head + _("；").join(changed)] if changed else []


def _at(path: str, result: Any) -> Any:
    for part in path.split("."):
        result = result.get(part) if isinstance(result, dict) else None
    return result


def _shown(path: str, result: Any) -> str:
    value = _at(path, result)
    return duration(value) if path.endswith("seconds") and value is not None else str(value)
