"""Keep the broadcast rows in step with the grid that the verdict prescribes.

A row is made for every slot that is owed and for the next one, keyed by its due time, so a slot exists at
most once however often we look. Slots that nobody noticed in time are recorded as missed; only the newest
is sent, because party A needs one true state, not six old ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.broadcasts import rules, sending
from incidents.models import Broadcast, Incident
from kernel.platform import Platform
from sla.cases.service import Slots
from sla.contract import Contract
from sla.grid import slot_due, slots_between
from sla.verdict import Verdict


def keep(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    contract: Contract,
    verdict: Verdict,
) -> None:
    """Make the rows that are owed, send what is due, close grids that have ended."""
    if not verdict.grids or verdict.excluded:
        return
    rows = {(b.due_at, b.slot): b for b in rows_of(session, incident.id)}
    for number, (start, end) in enumerate(verdict.grids):
        until = end if end is not None else now + timedelta.resolution
        for slot, due in slots_between(contract, start, _still_sendable(contract, start, now), until):
            _row(session, rows, incident, number, slot, due)
        if end is None:
            _prepare_next(platform, session, now, incident, contract, rows, number, start)
    session.flush()
    _send_due(platform, session, now, incident, contract, verdict, rows)
    _drop_unowed(session, contract, verdict, rows)
    last_end = verdict.grids[-1][1]
    if last_end is not None and not verdict.down:
        closing = _row(session, rows, incident, len(verdict.grids) - 1, rules.CLOSING_SLOT, last_end)
        session.flush()
        if closing.sent_at is None:
            sending.send(platform, session, now, incident, closing, verdict)


def _still_sendable(contract: Contract, start: datetime, now: datetime) -> datetime:
    """Return from when on slots get a row: the newest one due and what is still inside its tolerance."""
    return max(start, now - contract.broadcast.interval - contract.broadcast.tolerance)


def rows_of(session: Session, incident_id: int) -> Sequence[Broadcast]:
    """Return the incident's broadcasts in the order they are due."""
    wanted = select(Broadcast).where(Broadcast.incident_id == incident_id)
    return session.scalars(wanted.order_by(Broadcast.due_at, Broadcast.slot.desc())).all()


def _row(
    session: Session,
    rows: dict[tuple[datetime, int], Broadcast],
    incident: Incident,
    grid: int,
    slot: int,
    due: datetime,
) -> Broadcast:
    found = rows.get((due, slot))
    if found is None:
        state = rules.CLOSING if slot == rules.CLOSING_SLOT else rules.SCHEDULED
        found = Broadcast(
            incident_id=incident.id, grid=grid, slot=slot, due_at=due, state=state, sent_at=None,
            reached_at=None, automatic=0, text={}, author=None,
        )  # fmt: skip
        rows[due, slot] = found
        session.add(found)
    return found


def _prepare_next(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    contract: Contract,
    rows: dict[tuple[datetime, int], Broadcast],
    grid: int,
    start: datetime,
) -> None:
    """Make the row for the slot to come, and ask for its words when it is time to."""
    number = max(0, (now - start) // contract.broadcast.interval + 1)
    due = slot_due(contract, start, number)
    upcoming = _row(session, rows, incident, grid, number, due)
    session.flush()
    first = rows.get((start, 0))
    if first is not None and first.sent_at is None and now < start + contract.broadcast.first_grace:
        sending.ask_for_words(platform, session, now, incident, first)
    if now >= due - contract.broadcast.prompt_lead:
        sending.ask_for_words(platform, session, now, incident, upcoming)


def _send_due(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    contract: Contract,
    verdict: Verdict,
    rows: dict[tuple[datetime, int], Broadcast],
) -> None:
    waiting = [b for b in rows.values() if b.slot >= 0 and b.sent_at is None and b.state == rules.SCHEDULED]
    owed = [b for b in waiting if is_owed(b, contract, verdict)]
    due = sorted((b for b in owed if b.due_at <= now), key=lambda b: b.due_at)
    for broadcast in due[:-1]:
        broadcast.state = rules.slot_state(broadcast.due_at, contract.broadcast.tolerance, now, None)
        if broadcast.state == rules.SCHEDULED:
            sending.send(platform, session, now, incident, broadcast, verdict)
    if due and _its_time(due[-1], contract, verdict, now):
        sending.send(platform, session, now, incident, due[-1], verdict)


def _drop_unowed(
    session: Session, contract: Contract, verdict: Verdict, rows: dict[tuple[datetime, int], Broadcast]
) -> None:
    """Forget unsent slots that are not owed, because service was restored or the grid moved."""
    for broadcast in rows.values():
        unsent = broadcast.slot >= 0 and broadcast.sent_at is None
        if unsent and not is_owed(broadcast, contract, verdict):
            session.delete(broadcast)
    session.flush()


def is_owed(broadcast: Broadcast, contract: Contract, verdict: Verdict) -> bool:
    """Whether the verdict's grids, as they are known now, have this slot at this time."""
    due = broadcast.due_at
    return any(
        start <= due and (end is None or due < end) and slot_due(contract, start, broadcast.slot) == due
        for start, end in verdict.grids
    )


def _its_time(broadcast: Broadcast, contract: Contract, verdict: Verdict, now: datetime) -> bool:
    """Slot 0 waits three minutes for a person's words, unless they are there or service is restored."""
    if broadcast.slot > 0 or rules.has_words(broadcast.text) or not verdict.down:
        return True
    return now >= broadcast.due_at + contract.broadcast.first_grace


def tally(session: Session, incident: Incident, contract: Contract, verdict: Verdict) -> Slots:
    """Count the owed slots by state: no closing broadcast, nothing sent for a slot that proved not owed."""
    if not verdict.grids:
        return Slots()
    owed = (b for b in rows_of(session, incident.id) if b.slot >= 0 and is_owed(b, contract, verdict))
    count = Counter(b.state for b in owed)
    return Slots(count[rules.SENT], count[rules.LATE], max(0, verdict.slots_missed - count[rules.LATE]))


def whole_grid(
    rows: Sequence[Broadcast], contract: Contract, verdict: Verdict, now: datetime
) -> list[Broadcast]:
    """Return every owed slot, the slot to come and the closing broadcasts, in order.

    Slots that nobody noticed in time have no row; they stand here as missed all the same. What was sent for
    a slot that proved not owed is left out.
    """
    shown = [b for b in rows if b.slot < 0 or b.due_at > now or is_owed(b, contract, verdict)]
    known = {b.due_at for b in shown if b.slot >= 0}
    for number, (start, end) in enumerate(verdict.grids):
        until = end if end is not None else now + timedelta.resolution
        for slot, due in slots_between(contract, start, start, until):
            if due not in known:
                state = rules.slot_state(due, contract.broadcast.tolerance, now, None)
                shown.append(Broadcast(grid=number, slot=slot, due_at=due, state=state, automatic=0, text={}))
    return sorted(shown, key=lambda b: (b.due_at, b.slot < 0))
