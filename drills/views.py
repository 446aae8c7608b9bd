"""Drills as values: for the API, the command line and the file that anybody can verify."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from drills import log, rules
from drills.models import Drill, DrillEntry
from drills.queries import Detail

FORM = "shoushi-drill-1"


def line(drill: Drill, zone: ZoneInfo) -> dict[str, Any]:
    """Return a line of the register."""
    return {
        "number": drill.number,
        "title": drill.title,
        "scenario": drill.scenario,
        "form": drill.form,
        "fault_class": drill.fault_class,
        "state": drill.state,
        "outcome": drill.outcome or None,
        "begins_at": _local(drill.begins_at, zone),
        "ends_at": _local(drill.ends_at, zone),
        "started_at": _local(drill.started_at, zone),
        "ended_at": _local(drill.ended_at, zone),
        "incident": drill.incident,
        "real_incident": drill.real_incident,
    }


def whole(found: Detail, zone: ZoneInfo) -> dict[str, Any]:
    """Return a drill with its plan, log, result and items; our own words in the reader's language."""
    return line(found.drill, zone) | {
        "author": found.drill.author,
        "plan": found.drill.plan,
        "result": found.drill.result,
        "head": found.drill.head,
        "remaining": [{"id": step.id, "playbook": step.playbook} for step in found.remaining],
        "items": [
            {
                "seq": item.seq,
                "title": item.title,
                "owner": found.owners[item.owner_id],
                "state": item.state,
                "due_at": _local(item.due_at, zone),
                "proof": item.proof,
                "redrill": item.redrill,
            }
            for item in found.items
        ],
        "entries": [_read(each) for each in found.entries],
    }


def _read(each: DrillEntry) -> dict[str, Any]:
    return entry(each) | {"text": log.text(each), "actor_name": log.name(each)}


def entry(each: DrillEntry) -> dict[str, Any]:
    """Return an entry with all that its hash covers as it was hashed: times in UTC, the text in Chinese."""
    return {name: getattr(each, name) for name in log.CHAINED} | {
        "at": each.at.isoformat(),
        "digest": each.digest,
    }


def evidence(found: Detail) -> dict[str, Any]:
    """Return the file that `shoushi verify` checks: the plan, the log and its last hash."""
    return {
        "form": FORM,
        "number": found.drill.number,
        "title": found.drill.title,
        "plan": found.drill.plan,
        "digest": found.drill.head,
        "entries": [entry(each) for each in found.entries],
    }


def check(file: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with such a file, without any database (`Manifest.forms`)."""
    rows = [each | {"at": datetime.fromisoformat(each["at"])} for each in file["entries"]]
    if (bad := log.broken_at(str(file["number"]), rows)) is not None:
        return [f"演练记录第{bad}条与其后的散列不符：内容被改动、增加或缺失"]
    if (rows[-1]["digest"] if rows else "") != file["digest"]:
        return ["演练记录的末尾缺失：最后一条与文件所载的散列不符"]
    try:
        rules.fold(rules.Told(e["kind"], e["data"], e["at"], e["actor"]) for e in rows)
    except (rules.Impossible, KeyError) as error:
        return [f"演练记录的顺序不可能：{error}"]
    return []


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None
