"""The roster by API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime

from kernel.edge import ApiRouter, Read, platform_of, require
from kernel.edge.inputs import OPEN
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.identity.directory import Recipient, people_by_id
from oa.affairs.duty import queries, rules

router = ApiRouter(prefix="/duty", tags=["duty"])
Reader = Annotated[Actor, Depends(require("duty.read"))]
Moment = Annotated[AwareDatetime | None, OPEN, Query()]
LONGEST = timedelta(days=92)


@router.get("")
def now(request: Request, _actor: Reader, session: Read, at: Moment = None) -> dict[str, Any]:
    """Return who is on duty now, or at another time; null where the roster has nobody."""
    platform = platform_of(request)
    moment = (at or platform.clock.now()).astimezone(UTC)
    found = queries.on_duty_at(session, moment)
    people = {role: _person(found[role]) if role in found else None for role in rules.ROLE_LABELS}
    return {"at": moment.astimezone(platform.zone).isoformat(), **people}


@router.get("/shifts")
def shifts(request: Request, _actor: Reader, session: Read, since: Moment = None) -> dict[str, Any]:
    """Return the roster as it counts, three months from a time on."""
    platform = platform_of(request)
    start = (since or platform.clock.now()).astimezone(UTC)
    if start.year > 9000:
        raise Invalid.field("since", "时间不能晚于9000年。")
    spans = queries.spans(session, start, start + LONGEST)
    people = {p.id: p for p in people_by_id(session, {s.person for s in spans})}
    zone = platform_of(request).zone
    items = [_shift(s, people, zone) for s in sorted(spans, key=lambda s: (s.start, s.role))]
    return {"items": items, "next": None}


def _shift(span: rules.Span, people: Mapping[int, Recipient], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "role": span.role,
        "person": _person(people[span.person]) if span.person in people else None,
        "from": span.start.astimezone(zone).isoformat(),
        "to": span.end.astimezone(zone).isoformat(),
    }


def _person(person: Recipient) -> dict[str, str]:
    return {"username": person.username, "name": person.display_name}
