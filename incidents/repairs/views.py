"""What pages and answers show of repairs."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.repairs import queries, rules, targets
from incidents.repairs.models import RepairRun, RepairTarget
from incidents.repairs.queries import Detail
from kernel.identity.actor import Actor

TASK_TONES = {"ok": "met", "changed": "met", "ignored": "near", "failed": "over", "unreachable": "over"}
TASK_LABELS = {
    "ok": "正常",
    "changed": "已改动",
    "ignored": "失败，已略过",
    "failed": "失败",
    "unreachable": "无法连接",
}
WORDS: dict[str, Any] = {
    "repair_states": rules.STATE_LABELS,
    "repair_tones": rules.TONES,
    "task_labels": TASK_LABELS,
    "task_tones": TASK_TONES,
}


def shown(session: Session, actor: Actor, incident: Incident) -> dict[str, Any]:
    """Return what an incident's page shows: its runs, and the targets that may be asked for."""
    if not actor.may("repair.read"):
        return {"repair_runs": (), "repair_offers": ()}
    offers = targets.offers(session, incident) if actor.may("repair.ask") else []
    return {"repair_runs": queries.of_incident(session, incident.id), "repair_offers": offers, **WORDS}


def target(row: RepairTarget) -> dict[str, Any]:
    """Return a target as the API tells it."""
    return {
        "id": row.id,
        "name": row.name,
        "repair": row.repair,
        "modules": row.modules,
        "inventory": row.inventory,
        "values": row.values,
        "retired": bool(row.retired),
    }


def line(run: RepairRun, incident: str) -> dict[str, Any]:
    """Return a run in a list."""
    return {
        "number": run.number,
        "incident": incident,
        "target": run.target,
        "repair": run.repair,
        "state": run.state,
        "asked_by": run.asked_by,
        "asked_at": run.asked_at,
        "decided_by": run.decided_by,
        "decided_at": run.decided_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "seconds": run.seconds,
    }


def whole(found: Detail) -> dict[str, Any]:
    """Return a run with what it was to do and what it did."""
    run = found.run
    more = {
        "reason": run.reason,
        "checksum": run.checksum,
        "frozen": run.frozen,
        "hosts": [{"name": h.name, "address": h.address, "tier": h.tier} for h in found.hosts],
        "values": run.values,
        "decision_text": run.decision_text,
        "stopped_by": run.stopped_by,
        "result": run.result,
    }
    return line(run, found.incident.number) | more
