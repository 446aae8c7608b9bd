"""What monitoring adds to an incident that exists: alerts that join it, recovery, return; no restoration.

A restored service is a person's word (contract.md §2.4): recovery is evidence and asks for that word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from incidents import causes, follow, log, rules, service
from incidents.models import Incident
from kernel import feed
from kernel.platform import Platform
from sla import pinned
from sla.contract import Contract
from sla.events import Event

JOINED_WORDS = "监测告警并入本故障。"
RECOVERED_WORDS = "监测显示已恢复，请工程师核实后登记恢复；修复时钟不因此停止。"
RETURNED_WORDS = "监测再次告警，恢复未能保持。"
REOPENED_WORDS = "监测再次告警，同一故障再现。"
SHOWN = 20
"""Titles that one entry of the log names."""


class Scene(NamedTuple):
    """An incident that is held until the commit, with what is known of it."""

    incident: Incident
    contract: Contract
    events: list[Event]

    def alive(self) -> bool:
        """Whether anything can still be added to it."""
        return self.incident.state not in rules.ENDED


def enter(session: Session, incident_id: int) -> Scene:
    """Hold the incident and read its log."""
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    events = log.load(session, [incident_id])[incident_id]
    return Scene(incident, pinned.version(session, incident.contract), events)


def note(session: Session, now: datetime, scene: Scene, text: str, data: Mapping[str, Any]) -> None:
    """Add an entry from which nothing follows but that open pages show it."""
    _append(session, now, scene, now, "note", {"text": text, **data})
    feed.announce(session, now, "incident", f"/incidents/{scene.incident.number}")


def notice(
    platform: Platform, session: Session, now: datetime, scene: Scene, at: datetime, data: Mapping[str, Any]
) -> None:
    """Monitoring knew it too: the first alert of a fault that a person reported (contract.md §2.1)."""
    first = scene.events[0].data
    told = {name: first.get(name) for name in ("fault_class", "modules", "payers")}
    _append(session, now, scene, at, "detected", {**told, "text": JOINED_WORDS, **data})
    scene.incident.started_at = min(scene.incident.started_at, at)
    follow.changed(platform, session, now, scene.incident, scene.contract, scene.events, cause="alert_joined")


def widen(
    platform: Platform,
    session: Session,
    now: datetime,
    scene: Scene,
    modules: Sequence[str],
    payers: Sequence[str],
) -> bool:
    """Add modules and payers that the incident does not name yet; wide enough, it becomes major."""
    incident, contract = scene.incident, scene.contract
    scope = {
        "modules": _union(incident.modules, modules, contract.modules),
        "payers": _union(incident.payers, payers, contract.payers),
    }
    if scope == {"modules": list(incident.modules), "payers": list(incident.payers)}:
        return False
    _append(session, now, scene, now, "scope_changed", {"text": JOINED_WORDS, **scope})
    service.remember_scope(session, now, incident, scope)
    follow.changed(platform, session, now, incident, contract, scene.events, cause="scope_changed")
    return True


def reopen(
    platform: Platform, session: Session, now: datetime, scene: Scene, at: datetime, data: Mapping[str, Any]
) -> bool:
    """The restored fault is back; returns whether the incident could reopen."""
    at = max(at, scene.events[-1].at)
    event = _event(scene, at, "reopened", {"text": REOPENED_WORDS, **data})
    try:
        service.life_of(scene.contract, [*scene.events, event])
    except rules.Impossible:
        return False
    _append(session, now, scene, at, event.type, event.data)
    follow.changed(platform, session, now, scene.incident, scene.contract, scene.events, cause="reopened")
    causes.touch(session, now, [scene.incident.id])
    return True


def _union(known: Sequence[str], more: Sequence[str], allowed: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*known, *(key for key in more if key in allowed)]))


def _event(scene: Scene, at: datetime, kind: str, data: Mapping[str, Any]) -> Event:
    return Event(at, kind, {k: v for k, v in data.items() if v is not None}, _next_seq(scene.events))


def _next_seq(events: Sequence[Event]) -> int:
    return max((event.seq for event in events), default=0) + 1


def _append(
    session: Session, now: datetime, scene: Scene, at: datetime, kind: str, data: Mapping[str, Any]
) -> None:
    event = _event(scene, at, kind, data)
    scene.events.append(event)
    scene.events.sort(key=lambda e: (e.at, e.seq))
    scene.incident.version += 1
    log.append(session, now, scene.incident.id, scene.incident.number, [event], log.PLATFORM)
