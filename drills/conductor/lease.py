"""One conductor a drill: a lock on a file that ends with the process, and a lease in the database beside it.

The lock tells at once, on the same machine, that a conductor is dead; the lease tells it on any other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from drills.models import Drill
from playbooks.runner.lock import holder, host

TERM = timedelta(seconds=30)
RENEW = 5.0
"""Seconds between renewals."""


def take(session: Session, now: datetime, number: str) -> bool:
    """Take the drill over unless somebody elsewhere still holds it; the file lock is held already."""
    free = or_(Drill.holder.is_(None), Drill.lease_until < now, Drill.holder.like(f"{host()}:%"))
    wanted = update(Drill).where(Drill.number == number, free)
    changed = session.execute(wanted.values(holder=holder(), lease_until=now + TERM))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def renew(session: Session, now: datetime, number: str) -> bool:
    """Hold it a little longer; False when it was taken away."""
    wanted = update(Drill).where(Drill.number == number, Drill.holder == holder())
    return bool(session.execute(wanted.values(lease_until=now + TERM)).rowcount)  # type: ignore[attr-defined]


def release(session: Session, number: str) -> None:
    """Let it go."""
    wanted = update(Drill).where(Drill.number == number, Drill.holder == holder())
    session.execute(wanted.values(holder=None, lease_until=None))
