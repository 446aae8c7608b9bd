"""What the engine calls when an obligation's reminder or last day has come, and what every start does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kernel.platform import Platform
from sla import pinned
from sla.obligations import notify, service
from sla.obligations.rules import Obligation


def arm_at_start(platform: Platform) -> None:
    """Arm the calendar before anything is served."""
    keep_armed(platform)


def keep_armed(platform: Platform) -> int:
    """Arm the calendar of the contract in force; an amendment that has begun may have moved its days."""
    contract, now = pinned.in_force(platform), platform.clock.now()
    with platform.db.write("system") as session:
        return service.rearm(session, contract, now)


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Send the reminders whose time has come: one message for all of one kind and day.

    Due rows are judged anew: what was done meanwhile, or belongs to a contract no longer in force, is silent.
    """
    contract = pinned.in_force(platform)
    keys = service.keys_of(session, [row.subject_id for row in rows])
    found = {each.key: each for each in service.current(session, contract, now) if each.open}
    due = [
        (row.rung, found[key])
        for row in rows
        for owner, key in [keys[row.subject_id]]
        if owner == contract.key and key in found
    ]
    for rung, first in _firsts(due):
        same = [each for each in found.values() if _group(each) == _group(first)]
        notify.remind(platform, session, now, contract, same, rung)


def _firsts(due: Sequence[tuple[str, Obligation]]) -> list[tuple[str, Obligation]]:
    """Return one obligation for every (rung, kind, day)."""
    return list({(rung, *_group(each)): (rung, each) for rung, each in reversed(due)}.values())


def _group(obligation: Obligation) -> tuple[object, ...]:
    return (obligation.duty.kind, obligation.due)
