"""Where a new alert belongs: the lasting incident of the same cause, else one that opens for it.

Alerts of one batch that share a cause open one incident together, so that its width is known at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents import causes, reporting
from incidents.intake import evidence, rules
from incidents.intake.classes import Table
from incidents.intake.ledger import SOURCE_MOST, Fresh, kept, title_of
from incidents.intake.models import AlertRow
from incidents.intake.rules import Alert
from incidents.log import PLATFORM
from kernel.identity.actor import Actor
from kernel.platform import Platform
from sla.contract import Contract

MONITOR = Actor(PLATFORM.username, PLATFORM.display_name, rights={"incident.report": frozenset({None})})
NOTED = 50
"""Alerts of one incident whose joining is an entry of its log; the others are in the list of alerts."""


@dataclass(slots=True)
class _Group:
    """New alerts of one fault, and the incident that it has already, if any."""

    incident_id: int | None = None
    fresh: list[Fresh] = field(default_factory=list)
    causes: dict[str, None] = field(default_factory=dict)


def place(
    platform: Platform,
    session: Session,
    now: datetime,
    contract: Contract,
    table: Table,
    opening: Sequence[Fresh],
) -> None:
    """Give each new alert its incident; all open incidents of their causes are found by one query."""
    if not opening:
        return
    about = [rules.causes(each.alert) for each in opening]
    lasting = causes.lasting(session, (c for some in about for c in some), now - table.window)
    for group in _groups(opening, about, lasting):
        if group.incident_id is None:
            _open(platform, session, now, contract, table, group)
        else:
            _join(platform, session, now, table, group)


def _groups(
    opening: Sequence[Fresh], about: Sequence[Sequence[str]], lasting: dict[str, int]
) -> list[_Group]:
    """Put alerts together that share a cause with each other or with a lasting incident."""
    by_incident: dict[int, _Group] = {}
    by_cause: dict[str, _Group] = {}
    for cause, incident_id in lasting.items():
        by_cause[cause] = by_incident.setdefault(incident_id, _Group(incident_id))
    found: dict[int, _Group] = {}
    for fresh, some in zip(opening, about, strict=True):
        group = next((by_cause[c] for c in some if c in by_cause), None) or _Group()
        group.fresh.append(fresh)
        for cause in some:
            group.causes[cause] = None
            by_cause.setdefault(cause, group)
        found[id(group)] = group
    return list(found.values())


def _open(
    platform: Platform, session: Session, now: datetime, contract: Contract, table: Table, group: _Group
) -> None:
    first = group.fresh[0]
    known = [rules.detected(each.alert, now, table.oldest_start) for each in group.fresh]
    occurred = [at for _, at in known if at is not None]
    modules, payers = _scope(group)
    told = reporting.Report(
        title=title_of(first.alert),
        fault_class=first.fault_class,
        modules=[key for key in modules if key in contract.modules],
        payers=[key for key in payers if key in contract.payers],
        detected_at=min(at for at, _ in known),
        occurred_at=min(occurred, default=None),
        reporter=first.alert.source[:SOURCE_MOST],
        text=_words(first.alert),
        extra=told_of([each.alert for each in group.fresh]) | {"rule": first.rule.name},
    )
    reported = reporting.report(platform, session, now, MONITOR, told)
    causes.more(session, now, reported.incident.id, group.causes)
    _link(group, reported.incident.id, reported.number)


def _join(platform: Platform, session: Session, now: datetime, table: Table, group: _Group) -> None:
    assert group.incident_id is not None  # noqa: S101 - narrows the type for mypy
    scene = evidence.enter(session, group.incident_id)
    joined = select(func.count()).where(AlertRow.incident_id == group.incident_id)
    data = told_of([each.alert for each in group.fresh]) | {"rule": group.fresh[0].rule.name}
    if not any(event.type == "detected" for event in scene.events):
        at = min(rules.detected(each.alert, now, table.oldest_start)[0] for each in group.fresh)
        evidence.notice(platform, session, now, scene, at, data)
    elif (session.scalar(joined) or 0) < NOTED:
        evidence.note(session, now, scene, evidence.JOINED_WORDS, data)
    evidence.widen(platform, session, now, scene, *_scope(group))
    causes.more(session, now, group.incident_id, group.causes)
    _link(group, group.incident_id, scene.incident.number)


def _link(group: _Group, incident_id: int, number: str) -> None:
    for each in group.fresh:
        each.track.incident_id, each.track.number = incident_id, number


def _scope(group: _Group) -> tuple[list[str], list[str]]:
    modules = dict.fromkeys(key for each in group.fresh for key in each.alert.modules)
    payers = dict.fromkeys(key for each in group.fresh for key in each.alert.payers)
    return list(modules), list(payers)


def told_of(alerts: Iterable[Alert]) -> dict[str, Any]:
    """Return what an entry of the log keeps of alerts: their titles, and all about the first."""
    alerts = list(alerts)
    first = alerts[0]
    return {
        "alerts": [title_of(alert) for alert in alerts[: evidence.SHOWN]],
        "alert_count": len(alerts),
        "source": first.source[:SOURCE_MOST],
        "fingerprint": rules.identity(first),
        "labels": kept(first.labels),
    }


def _words(alert: Alert) -> str | None:
    words = alert.annotations.get("description") or alert.annotations.get("message")
    return words[:4000] if words else None
