"""What the worker calls: collect receipts, so that a slot's punctuality is a fact on the timeline."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incidents import follow, log
from incidents.broadcasts import rules, sending
from incidents.models import Broadcast, Incident
from kernel.platform import Platform
from sla import pinned
from sla.events import Event

FORGET_AFTER = timedelta(days=2)
"""A recipient who hasn't been reached by then never will be; the slot stays missed."""


def collect_receipts(platform: Platform) -> int:
    """Update the broadcasts whose receipts have changed; returns how many."""
    now = platform.clock.now()
    with platform.db.read() as session:
        changed = [(b.id, b.incident_id) for b in _waiting(session, now) if _news(session, now, b)]
    done = 0
    for broadcast_id, incident_id in changed:
        with platform.db.write("platform") as session:
            incident = session.get_one(Incident, incident_id, with_for_update=True)  # before reading the rest
            broadcast = session.get_one(Broadcast, broadcast_id)
            if broadcast.reached_at is None:
                done += _collect(platform, session, now, incident, broadcast)
    return done


def _news(session: Session, now: datetime, broadcast: Broadcast) -> tuple[str, datetime | None] | None:
    """Return the state and arrival that the receipts now say, None when they are on record."""
    incident = session.get_one(Incident, broadcast.incident_id)
    contract = pinned.version(session, incident.contract)
    told = sending.receipts(session, [broadcast.id])[broadcast.id] if broadcast.sent_at else []
    reached = rules.reached_at(told)
    if broadcast.slot == rules.CLOSING_SLOT:
        return (broadcast.state, reached) if reached else None
    state = rules.slot_state(broadcast.due_at, contract.broadcast.tolerance, now, reached)
    return (state, reached) if state != broadcast.state else None


def _waiting(session: Session, now: datetime) -> list[Broadcast]:
    open_states = or_(
        Broadcast.state.in_((rules.SCHEDULED, rules.MISSED)),
        (Broadcast.state == rules.CLOSING) & Broadcast.reached_at.is_(None),
    )
    wanted = select(Broadcast).where(
        open_states,
        Broadcast.due_at <= now,
        Broadcast.due_at > now - FORGET_AFTER,
        Broadcast.reached_at.is_(None),
    )
    return list(session.scalars(wanted.order_by(Broadcast.due_at)))


def _collect(
    platform: Platform, session: Session, now: datetime, incident: Incident, broadcast: Broadcast
) -> int:
    news = _news(session, now, broadcast)
    if news is None:
        return 0
    broadcast.state, broadcast.reached_at = news
    if broadcast.slot == rules.CLOSING_SLOT:
        return 1
    contract = pinned.version(session, incident.contract)
    events = log.load(session, [incident.id])[incident.id]
    event = _event(broadcast, max(e.seq for e in events) + 1, broadcast.reached_at or now)
    log.append(session, now, incident.id, incident.number, [event], log.PLATFORM)
    follow.changed(platform, session, now, incident, contract, [*events, event], cause="broadcast_sent")
    return 1


def _event(broadcast: Broadcast, seq: int, at: datetime) -> Event:
    data = {
        "due_at": broadcast.due_at,
        "slot": broadcast.slot,
        "grid": broadcast.grid,
        "reached_at": broadcast.reached_at,
        "automatic": bool(broadcast.automatic),
        "text": rules.EVENT_WORDS[broadcast.state],
    }
    return Event(at, "broadcast_sent", {k: v for k, v in data.items() if v is not None}, seq)
