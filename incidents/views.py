"""What the pages show of incidents, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incidents import log, rules
from incidents.broadcasts import rules as broadcast_rules
from incidents.broadcasts.words import broadcast_text, broadcast_title
from incidents.intake.classes import table_of
from incidents.models import Broadcast, IncidentEvent
from incidents.queries import Detail, Filter
from kernel.platform import Platform
from kernel.web.formats import duration, localtime, money, percent
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.events import EVENT_TYPES, REASONS
from sla.exposure.rules import LEAST, Risk
from sla.schemas import live_state

TONES = {
    rules.OPEN: "near",
    rules.REOPENED: "over",
    rules.RESPONDED: "info",
    rules.IN_REPAIR: "info",
    rules.RESTORED: "ok",
    rules.CONFIRMED: "met",
    rules.CLOSED: "neutral",
    rules.MERGED: "neutral",
    rules.FALSE_ALARM: "neutral",
}
EVENT_TONES = {
    "reported": "near",
    "detected": "near",
    "responded": "ok",
    "restored": "ok",
    "backup_in_service": "ok",
    "restoration_accepted": "met",
    "restoration_rejected": "over",
    "reopened": "over",
    "major_declared": "over",
    "blind_from": "unobserved",
    "blind_to": "unobserved",
}
SLOT_TONES = {
    broadcast_rules.SENT: "met",
    broadcast_rules.LATE: "over",
    broadcast_rules.MISSED: "over",
    broadcast_rules.SCHEDULED: "plan",
    broadcast_rules.CLOSING: "ok",
}
SHOWN_SLOTS = 48
"""A day of half hours: more would not be read on a chart."""
LATE_ENTRY = timedelta(minutes=2)
"""An event told so much later than it happened is marked as entered afterwards."""


@dataclass(frozen=True, slots=True)
class Names:
    """The contract's names for the keys that incidents carry; unknown keys stand for themselves."""

    contract: Contract

    def payers(self, keys: Iterable[str]) -> str:
        """Name the payers."""
        known = self.contract.payers
        return _("、").join(known[k].name if k in known else k for k in keys) or "—"

    def modules(self, keys: Iterable[str]) -> str:
        """Name the modules."""
        known = self.contract.modules
        return _("、").join(known[k].name if k in known else k for k in keys) or "—"

    def fault_class(self, key: str) -> str:
        """Name a fault class."""
        known = self.contract.fault_classes
        return known[key].name if key in known else key


def kept(wanted: Filter, names: Names) -> list[tuple[str, str, str]]:
    """Return what a list is limited to beyond the fields of its form: parameter, value, and what it means."""
    said: dict[str, Any] = {
        "module": wanted.module and _("模块：%(name)s", name=names.modules([wanted.module])),
        "restored": _either(wanted.restored, _("已恢复"), _("未恢复")),
        "drill": _either(wanted.drill, _("应急演练"), _("不含演练")),
        "late": _either(wanted.late, _("有超时"), _("没有超时")),
        "response": wanted.response and _("响应：%(state)s", state=_clock(wanted.response)),
        "repair": wanted.repair and _("修复：%(state)s", state=_clock(wanted.repair)),
        "provider": wanted.provider and _("修复（乙方主张）：%(state)s", state=_clock(wanted.provider)),
        "backup": wanted.backup and _("备用设备：%(state)s", state=_clock(wanted.backup)),
        "since": wanted.since and _("%(at)s 起", at=localtime(wanted.since)),
        "until": wanted.until and _("%(at)s 前", at=localtime(wanted.until)),
    }
    return [(name, _raw(getattr(wanted, name)), words) for name, words in said.items() if words]


def _either(value: bool | None, yes: str, no: str) -> str | None:
    return None if value is None else yes if value else no


def _raw(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _clock(state: str) -> str:
    """Return the word for a state as it is kept: a clock's, or that of the duty to bring backup equipment."""
    return _((CLOCK_WORDS | BACKUP_WORDS)[state])


def state_word(state: str) -> str:
    """Return the word for an incident's state, in the reader's language."""
    return _(rules.STATE_LABELS[state])


def timeline(rows: Iterable[IncidentEvent], names: Names) -> list[dict[str, Any]]:
    """Return the log as timeline entries, the newest first."""
    return [
        {
            "at": row.at,
            "who": log.name(row),
            "what": _(EVENT_TYPES[row.type].label),
            "tone": EVENT_TONES.get(row.type, "neutral"),
            "noticed": row.recorded_at if row.recorded_at - row.at > LATE_ENTRY else None,
            "body": _body(row, names),
        }
        for row in sorted(rows, key=lambda r: (r.at, r.seq), reverse=True)
    ]


def _body(row: IncidentEvent, names: Names) -> str:
    data: Mapping[str, Any] = row.data or {}
    said = log.text(row)
    parts = [said] if said else []
    if row.type in ("reported", "detected", "scope_changed"):
        parts.append(names.payers(data.get("payers", ())) + _("；") + names.modules(data.get("modules", ())))
    if data.get("fault_class"):
        parts.append(names.fault_class(str(data["fault_class"])))
    if data.get("alerts"):
        parts.append(_("告警：%(titles)s", titles=_("、").join(map(str, data["alerts"]))))
    if data.get("rule"):
        parts.append(_("归类规则：%(rule)s", rule=table_of(None).name_of(str(data["rule"]))))
    if data.get("claim"):
        parts.append(str(data["claim"]))
    if data.get("into"):
        parts.append(str(data["into"]))
    return "\n".join(parts)


def views(found: Detail, names: Names) -> list[dict[str, Any]]:
    """Return the provider's and the contract's view, row by row."""
    verdict = found.verdict
    repair, provider = verdict.repair, verdict.provider_repair
    return [
        {
            "label": _("故障类别"),
            "b": names.fault_class(verdict.claimed_class),
            "a": names.fault_class(verdict.fault_class),
        },
        {"label": _("修复时限"), "b": localtime(provider.due_at), "a": localtime(repair.due_at)},
        {
            "label": _("计入时间"),
            "b": duration(provider.counted_seconds),
            "a": duration(repair.counted_seconds),
        },
        {"label": _("修复结论"), "b": clock_word(provider.state), "a": clock_word(repair.state)},
    ]


def clock_word(state: str) -> str:
    """Return the word for a clock's state."""
    return _(CLOCK_WORDS[live_state(state)])


BACKUP_WORDS = {"open": "尚未履行", "late": "迟延履行"}
CLOCK_WORDS = {
    "running": "计时中",
    "met": "达标",
    "missed": "超时",
    "excluded": "不计",
    "unobserved": "未观测",
    "pending": "未到期",
}


def risk_words(risk: Risk) -> str | None:
    """Say what the incident may yet cost and how likely that is, with the number of similar cases."""
    if not risk.at_risk:
        return None
    share, sample = risk.chance.probability, risk.chance.sample
    if share is None:
        said = _("概率未知：同类仅%(n)s起，不足%(least)s起", n=sample, least=LEAST)
    elif sample:
        said = _("超时概率 %(share)s（依据同类%(n)s起）", share=percent(share, 0), n=sample)
    else:
        said = _("已超过时限")
    return f"{money(risk.at_risk)} · {said}"


CLAIM_WORDS = {"claimed": "待甲方决定", "approved": "已批准", "refused": "未批准"}


def claims(found: Detail) -> list[dict[str, Any]]:
    """Return the exclusion claims with their state."""
    return [
        {
            "claim": each.claim,
            "reason": _(REASONS.get(each.reason, each.reason)),
            "from": localtime(each.start),
            "to": localtime(each.end),
            "state": _(CLAIM_WORDS[each.state]),
        }
        for each in found.verdict.exclusions
    ]


def grid_rows(found: Detail) -> list[dict[str, Any]]:
    """Return the broadcast grid for the Gantt chart: one row a grid."""
    rows: dict[int, list[dict[str, Any]]] = {}
    interval = found.contract.broadcast.interval
    base = f"/incidents/{found.incident.number}/broadcasts"
    for broadcast in found.broadcasts[-SHOWN_SLOTS:]:
        if broadcast.slot == broadcast_rules.CLOSING_SLOT:
            continue
        rows.setdefault(broadcast.grid, []).append(
            {
                "start": broadcast.due_at,
                "end": broadcast.due_at + interval * 0.9,
                "state": SLOT_TONES[broadcast.state],
                "text": slot_word(broadcast),
                "href": f"{base}/{broadcast.id}" if broadcast.id else None,
            }
        )
    return [{"label": _("第%(n)s轮", n=grid + 1), "slots": slots} for grid, slots in sorted(rows.items())]


def slot_word(broadcast: Broadcast) -> str:
    """Return the word for a slot's state."""
    return _(broadcast_rules.STATE_LABELS[broadcast.state])


def sheet(platform: Platform, found: Detail, broadcast: Broadcast, issue: int) -> dict[str, Any]:
    """Return what the printable sheet of one broadcast shows."""
    return {
        "title": broadcast_title(found.incident, broadcast, issue),
        "text": broadcast_text(platform, found.incident, broadcast, issue, found.verdict),
        "receipts": found.receipts.get(broadcast.id, []),
        "slot_word": slot_word(broadcast),
        "tone": SLOT_TONES[broadcast.state],
    }
