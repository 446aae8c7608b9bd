"""Which requests of an incident await party A's decision. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from incidents.rules import RESTORED, Life
from sla.events import Event
from sla.reminders import Reminder, growing

RESTORATION, CLASS, EXCLUSION, FALSE_ALARM, MERGE = (
    "restoration",
    "class",
    "exclusion",
    "false_alarm",
    "merge",
)
REQUEST_LABELS = {
    RESTORATION: "确认或退回恢复",
    CLASS: "会签类别变更",
    EXCLUSION: "决定剔除申请",
    FALSE_ALARM: "决定误报申请",
    MERGE: "决定并入申请",
}
_ASKED_BY = {
    "restored": RESTORATION,
    "backup_in_service": RESTORATION,
    "class_changed": CLASS,
    "exclusion_claimed": EXCLUSION,
    "false_alarm_claimed": FALSE_ALARM,
    "merged_into": MERGE,
}


class Request(NamedTuple):
    """Something that party B asked and party A has not decided; `claim` names an exclusion claim."""

    kind: str
    since: datetime
    claim: str = ""


def waiting(life: Life, events: Iterable[Event]) -> list[Request]:
    """Return the open requests, the oldest first; `life` is the fold of the same events."""
    asked: dict[tuple[str, str], datetime] = {}
    for event in events:
        if kind := _ASKED_BY.get(event.type):
            asked[kind, str(event.data.get("claim", "")) if kind == EXCLUSION else ""] = event.at
    still = {
        RESTORATION: life.state == RESTORED,
        CLASS: life.pending_classes > 0,
        FALSE_ALARM: life.false_alarm_pending,
        MERGE: life.merge_pending is not None,
    }
    found = [
        Request(kind, at, claim)
        for (kind, claim), at in asked.items()
        if (life.claims.get(claim) == "claimed" if kind == EXCLUSION else still[kind])
    ]
    return sorted(found, key=lambda r: r.since)


def reminders(requests: Iterable[Request], now: datetime, pause: timedelta) -> list[Reminder]:
    """Return one reminder for each kind, counted from its oldest request."""
    oldest: dict[str, datetime] = {}
    for request in requests:
        oldest.setdefault(request.kind, request.since)
    return [growing(kind, since, now, pause) for kind, since in oldest.items()]
