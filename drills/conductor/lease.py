"""One conductor a drill: a lock on a file that ends with the process, and a lease in the database beside it.

The lock tells at once, on the same machine, that a conductor is dead; the lease tells it on any other.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from drills.models import Drill

TERM = timedelta(seconds=30)
RENEW = 5.0
"""Seconds between renewals."""


def holder() -> str:
    """Name this process among all machines."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def here(name: str | None) -> bool:
    """Whether a holder is of this machine."""
    return bool(name) and str(name).rpartition(":")[0] == socket.gethostname()[:60]


@contextmanager
def file_lock(folder: Path, number: str) -> Iterator[bool]:
    """Hold the drill's lock file; yields False when a living process has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"{number}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def take(session: Session, now: datetime, number: str) -> bool:
    """Take the drill over unless somebody elsewhere still holds it; the file lock is held already."""
    free = or_(
        Drill.holder.is_(None), Drill.lease_until < now, Drill.holder.like(f"{socket.gethostname()[:60]}:%")
    )
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
