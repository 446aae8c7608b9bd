"""Short ways to tell an incident's story in a test: times of 2025-03 in Shanghai, events as tuples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sla.contract import Contract
from sla.contract_file import load_contract, parse_contract
from sla.events import Event, parse_event
from sla.verdict import Verdict, judge

HUAIBEI = load_contract("huaibei-2025")
Line = tuple[str, str] | tuple[str, str, dict[str, Any]]


def iso(clock: str) -> str:
    """``09:00``, ``09:00:01`` (3 March) or ``03-04 09:00`` as ISO 8601 with the offset of Shanghai."""
    day, _, time = clock.rpartition(" ")
    return f"2025-{day or '03-03'}T{time}{':00' if time.count(':') == 1 else ''}+08:00"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(iso(clock))


def fault(
    fault_class: str = "system_general",
    modules: Sequence[str] = ("documents",),
    payers: Sequence[str] = ("city",),
    **more: Any,
) -> dict[str, Any]:
    return {"fault_class": fault_class, "modules": list(modules), "payers": list(payers), **more}


def claim(name: str, start: str, end: str | None = None, reason: str = "force_majeure") -> dict[str, Any]:
    return {"claim": name, "reason": reason, "from": iso(start), "to": iso(end) if end else None}


def lines(story: Sequence[Line], incident: str = "GZ-1") -> list[dict[str, Any]]:
    """The story as interchange objects."""
    return [
        {"incident": incident, "at": iso(line[0]), "event": line[1], **(line[2] if len(line) > 2 else {})}
        for line in story
    ]


def events(story: Sequence[Line]) -> list[Event]:
    return [parse_event(line, seq, HUAIBEI.fault_classes)[1] for seq, line in enumerate(lines(story))]


def judged(story: Sequence[Line], as_of: str | None = None, contract: Contract = HUAIBEI) -> Verdict:
    """The verdict on a story, at its last event unless told."""
    told = events(story)
    return judge(contract, told, at(as_of) if as_of else max(event.at for event in told))


def with_options(**changes: str) -> Contract:
    """The shipped contract with lines of its text replaced: ``{old: new}`` pairs as ``per='"clock"'``."""
    text = HUAIBEI.text
    for key, value in changes.items():
        found = [
            line for line in text.split("\n") if line.startswith((f"{key} = ", f"{key.replace('_', '.')} = "))
        ]
        assert found, key
        name = found[0].split(" = ")[0]
        text = text.replace(found[0], f"{name} = {value}", 1)
    return parse_contract(text, "variant.toml")


def save(path: Path, stories: dict[str, Sequence[Line]]) -> Path:
    """Write stories as an interchange file."""
    rows = [json.dumps(row) for name, story in stories.items() for row in lines(story, name)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
