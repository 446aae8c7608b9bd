"""What the pages of drills need in order to show them: words, rows, charts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from drills import evaluation, guard, items, log, plan, rules, service
from drills.queries import Detail
from kernel.identity.actor import Actor
from kernel.identity.directory import people_with_role
from kernel.platform import Platform
from kernel.web.formats import duration
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from playbooks import catalogue
from playbooks.catalogue import Entry
from playbooks.schema import HUMAN, Scenario, Words
from sla import pinned

SHEET = (*evaluation.ASPECT_LABELS, "conclusion", "findings", "advice")
TONES = {
    rules.DRAFT: "neutral", rules.PLANNED: "info", rules.APPROVED: "info", rules.REJECTED: "over",
    rules.EXPIRED: "over", rules.WITHDRAWN: "paused", rules.ARMING: "near", rules.ARMED: "near",
    rules.RUNNING: "near", rules.COMPLETED: "met", rules.FAILED: "over", rules.ABORTED: "over",
    rules.INTERRUPTED: "over", rules.ROLLED_BACK: "ok", rules.ROLLBACK_FAILED: "over",
    rules.EVALUATED: "info", rules.SIGNED: "met", rules.ITEMS_CLOSED: "met",
}  # fmt: skip
OUTCOME_TONES = {
    rules.COMPLETED: "met",
    rules.FAILED: "over",
    rules.ABORTED: "paused",
    rules.INTERRUPTED: "over",
}
FORM_LABELS = {"live": "实战演练", "tabletop": "桌面推演", "demonstration": "示范演练"}
TIER_LABELS = {"lab": "实验环境", "staging": "预生产环境", "production": "生产环境"}
ROLE_LABELS = {
    "director": "总指挥", "safety": "安全员", "responders": "处置人员", "supervisor": "甲方监督员",
    "evaluator": "甲方评估人",
}  # fmt: skip
BY_LABELS = {
    "responder": "处置人员", "director": "总指挥", "safety": "安全员", "duty": "值班员",
    "supervisor": "甲方监督员",
    "evaluator": "甲方评估人", "leader": "带班领导", "controller": "控制员",
}  # fmt: skip
STEP_LABELS = {"started": "进行中", "late": "已超时", "done": "已完成", "failed": "失败"}
ITEM_TONES = {items.OPEN: "near", items.DONE: "info", items.VERIFIED: "met", items.DROPPED: "paused"}
MOVE_LABELS = {"done": "登记完成", "verified": "核验通过", "reopened": "退回重做", "dropped": "撤销"}
TONE_OF = {
    "injection_started": "over", "injection_done": "over", "step_late": "near", "step_failed": "over",
    "step_done": "met", "human_done": "met", "completed": "met", "failed": "over", "aborted": "over",
    "interrupted": "over", "rolled_back": "met", "rollback_failed": "over", "guard": "over",
    "abort_requested": "over", "refused": "over", "signed_a": "met", "signed_b": "met", "approved": "met",
    "rejected": "over", "undo_failed": "over", "injection_failed": "over",
}  # fmt: skip
CHART_MARGIN = 0.05
AFTERWARDS = frozenset(
    kind for kind, move in rules.MOVES.items() if kind.startswith("item") or rules.EVALUATED in move.before
) | {"evaluated", "started"}
"""What is said long after the run: seconds would say nothing."""


def said(words: Words | None) -> str:
    """Return a text of the catalogue in the reader's language."""
    return words.in_(current_language()) if words else ""


def words(platform: Platform) -> dict[str, Any]:
    """Return the labels that every page of drills uses."""
    return {
        "contract": pinned.in_force(platform),
        "states": rules.STATE_LABELS,
        "state_label": rules.state_label,
        "tones": TONES,
        "outcomes": rules.OUTCOME_LABELS,
        "outcome_tones": OUTCOME_TONES,
        "form_labels": FORM_LABELS,
        "tier_labels": TIER_LABELS,
        "role_labels": ROLE_LABELS,
        "by_labels": BY_LABELS,
        "item_labels": items.STATE_LABELS,
        "item_tones": ITEM_TONES,
        "move_labels": MOVE_LABELS,
        "aspects": evaluation.ASPECT_LABELS,
        "grades": evaluation.GRADE_LABELS,
        "conclusions": evaluation.CONCLUSION_LABELS,
        "said": said,
        "scenarios": {key: said(entry.what.title) for key, entry in catalogue.scenarios().items()},
    }


def plan_form(platform: Platform, session: Session, key: str, now: datetime) -> dict[str, Any]:
    """Return what the plan form offers: 404 for a scenario that isn't there."""
    entry = catalogue.scenario(key)
    contract = pinned.in_force(platform)
    b = {p.username: p.display_name for p in people_with_role(session, now, service.PARTY_B)}
    a = {p.username: p.display_name for p in people_with_role(session, now, service.PARTY_A)}
    fault = contract.fault_classes.get(entry.what.fault_class)
    return {
        "scenario": entry.what,
        "entry": entry,
        "people_a": list(a.items()),
        "people_b": list(b.items()),
        "limit": fault.limit if fault else None,
        "example": entry.inventory("example"),
        "levels": plan.LEVEL_LABELS,
        "suggested": _suggested(now, entry),
        "preview": None,
    }


def _suggested(now: datetime, entry: Entry[Scenario]) -> dict[str, Any]:
    begins = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return {
        "title": _("%(title)s演练", title=said(entry.what.title)),
        "begins": begins,
        "ends": begins + timedelta(hours=4),
        "modules": list(entry.what.modules),
    }


def preview(found: plan.Resolved) -> dict[str, Any]:
    """Return what a plan would touch, in the order in which it would."""
    scenario = found.scenario
    order = [(_("注入"), each.id, each.playbook) for each in scenario.injections]
    order += [(_("处置"), step.id, step.playbook or said(step.text)) for step in scenario.response]
    order += [(_("核对"), "", scenario.verify)] if scenario.verify else []
    order += [(_("回退"), "", undo.playbook) for undo in scenario.rollback]
    return {
        "hosts": found.hosts(),
        "problems": list(guard.of_plan(found)),
        "services": scenario.blast_radius.services,
        "text": said(scenario.blast_radius.text),
        "undo": said(scenario.undo),
        "order": order,
        "rto": found.rto_limit,
        "rpo": found.rpo_limit,
        "longest": found.longest(),
    }


def of(found: Detail, entry: Entry[Scenario] | None) -> dict[str, Any]:
    """Return what the page of one drill shows beside its row."""
    resolved = found.resolved
    return {
        "scenario": entry.what if entry else None,
        "plan": resolved.plan if resolved else None,
        "preview": preview(resolved) if resolved else None,
        "steps": _steps(found),
        "probes": _probes(found),
        "criteria": _criteria(found),
        "chart": chart(found),
        "timeline_entries": _timeline(found, tasks=False),
        "task_entries": _timeline(found, tasks=True),
        "sheet": (found.entry("evaluated").data if found.entry("evaluated") else {}),  # type: ignore[union-attr]
        "signatures": [entry for entry in found.entries if entry.kind in ("signed_a", "signed_b")],
        "busy": found.drill.state in (*rules.UNDER_WAY,),
    }


def _steps(found: Detail) -> list[dict[str, Any]]:
    """Return the response steps with their state, and since when they run."""
    if found.resolved is None:
        return []
    began = {e.data["id"]: e.at for e in found.entries if e.kind == "step_started"}
    ended = {e.data["id"]: e.at for e in found.entries if e.kind in ("step_done", "human_done")}
    rows = []
    for step in found.resolved.scenario.response:
        state = found.life.steps.get(step.id, "")
        limit = found.resolved.limit_of(step)
        start = began.get(step.id)
        rows.append(
            {
                "step": step,
                "human": step.kind == HUMAN,
                "text": said(step.text) or step.playbook or step.id,
                "state": state,
                "limit": limit,
                "began": start,
                "due": start + timedelta(seconds=limit) if start else None,
                "ended": ended.get(step.id),
                "open": state in ("started", "late") and found.drill.state == rules.RUNNING,
            }
        )
    return rows


def _probes(found: Detail) -> list[dict[str, Any]]:
    """Return each probe with its last known answer."""
    last = {e.data["name"]: e for e in found.entries if e.kind == "probe"}
    names = found.resolved.scenario.probes if found.resolved else last
    return [
        {"name": name, "last": last.get(name), "ok": last[name].data["ok"] if name in last else None}
        for name in names
    ]


def _criteria(found: Detail) -> list[dict[str, Any]]:
    result = found.drill.result or {}
    return [
        each | {"label": criterion_label(found, each["key"]), **_shown(each)}
        for each in result.get("criteria", [])
    ]


def criterion_label(found: Detail, key: str) -> str:
    """Return what a criterion is called."""
    kind, _colon, name = key.partition(":")
    if kind == "rto":
        return _("服务恢复时间（RTO，由探测测得）")
    if kind == "rpo":
        return _("丢失的已确认数据（行）")
    if kind == "probe":
        return _("演练后服务正常：%(name)s", name=name)
    if kind == "step":
        steps = found.resolved.scenario.response if found.resolved else ()
        text = next((said(step.text) for step in steps if step.id == name and step.text), name)
        return _("步骤按时完成：%(name)s", name=text)
    return _("核对：%(name)s", name=name)


def _shown(each: Mapping[str, Any]) -> dict[str, str]:
    timed = each["key"].partition(":")[0] in ("rto", "step")
    return {name: _value(each[name], timed=timed) for name in ("wanted", "found")}


def _value(value: Any, *, timed: bool) -> str:
    if value is None:
        return _("没有测到")
    if timed:
        return span(float(value))
    return {"ok": _("正常"), "failed": _("不正常"), "true": _("是"), "false": _("否")}.get(
        str(value), str(value)
    )


def span(seconds: float) -> str:
    """Return a duration as a drill measures it: seconds with one decimal while they are few."""
    return _("%(n)s秒", n=f"{seconds:.1f}") if seconds < 120 else duration(seconds)


def chart(found: Detail) -> dict[str, Any] | None:
    """Return the rows of the drill's picture: when each probe was bad, and when each step ran."""
    start, end = found.drill.started_at, found.drill.ended_at or found.now
    if start is None:
        return None
    rows = [{"label": name, "slots": slots} for name, slots in _bad_times(found, end).items()]
    began = {
        e.data["id"]: e.at
        for e in found.entries
        if e.kind in ("step_started", "injection_started", "undo_started")
    }
    done = (
        "step_done",
        "human_done",
        "step_failed",
        "injection_done",
        "injection_failed",
        "undo_done",
        "undo_failed",
    )
    for entry in found.entries:
        if entry.kind in done and entry.data["id"] in began:
            bad = entry.kind.endswith("failed")
            slot = {
                "start": began[entry.data["id"]],
                "end": entry.at,
                "state": "over" if bad else "met",
                "text": "",
            }
            rows.append({"label": entry.data["id"], "slots": [slot]})
    room = (end - start) * CHART_MARGIN
    return {"start": start - room, "end": end + room, "rows": rows}


def _bad_times(found: Detail, end: datetime) -> dict[str, list[dict[str, Any]]]:
    slots: dict[str, list[dict[str, Any]]] = {}
    bad: dict[str, datetime] = {}
    for entry in found.entries:
        if entry.kind != "probe":
            continue
        name = entry.data["name"]
        slots.setdefault(name, [])
        if not entry.data["ok"]:
            bad.setdefault(name, entry.at)
        elif name in bad:
            slots[name].append(
                {"start": bad.pop(name), "end": entry.at, "state": "over", "text": _("不正常")}
            )
    for name, since in bad.items():
        slots[name].append({"start": since, "end": end, "state": "over", "text": _("不正常")})
    return slots


def _timeline(found: Detail, *, tasks: bool) -> list[dict[str, Any]]:
    """Return the entries, the newest first: the playbooks' tasks, or all the others."""
    wanted = [entry for entry in reversed(found.entries) if (entry.kind == "task") == tasks]
    return [timeline_entry(entry, found.drill.started_at) for entry in wanted]


def timeline_entry(entry: Any, started: datetime | None) -> dict[str, Any]:
    """Return an entry as the timeline shows it; in a drill the seconds since its beginning matter."""
    what = _(rules.MOVES[entry.kind].label)
    data = entry.data
    if entry.kind == "probe":
        name = data["name"]
        what = _("探测%(name)s：正常", name=name) if data["ok"] else _("探测%(name)s：不正常", name=name)
    elif data.get("id"):
        what = _("%(what)s：%(id)s", what=what, id=data["id"])
    body = log.text(entry) or data.get("title") or ""
    if data.get("seconds") is not None:
        body = f"{body} {_('用时 %(span)s', span=span(float(data['seconds'])))}".strip()
    if started is not None and entry.at >= started and entry.kind not in AFTERWARDS:
        what = f"+{(entry.at - started).total_seconds():.1f}s  {what}"
    tone = TONE_OF.get(entry.kind)
    if entry.kind == "probe":
        tone = "met" if data["ok"] else "over"
    return {"at": entry.at, "who": log.name(entry), "what": what, "body": body, "tone": tone}


def moves(actor: Actor, found: Detail, item: Any) -> list[str]:
    """Return what the actor can do to an improvement item."""
    if found.drill.state == rules.ITEMS_CLOSED:
        return []
    return [
        kind
        for kind, (before, _after) in items.MOVES.items()
        if item.state in before and items.may_move(actor, item, kind)
    ]
