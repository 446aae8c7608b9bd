"""Incidents in the form that `shoushi audit --format events` judges: one event a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO

from sqlalchemy.orm import Session

from incidents import queries
from kernel.identity.actor import Actor
from sla.events import to_interchange


def lines(session: Session, actor: Actor) -> Iterator[bytes]:
    """Yield every event of every incident that the actor may see."""
    for incident, events in queries.histories(session, actor, queries.Filter()):
        for event in events:
            text = json.dumps(to_interchange(incident.number, event), ensure_ascii=False)
            yield text.encode() + b"\n"


def write_all(session: Session, actor: Actor, out: IO[bytes]) -> int:
    """Write the lines; returns how many."""
    count = 0
    for line in lines(session, actor):
        count += bool(out.write(line))
    return count
