"""What a transaction gathers and writes only when it commits; what a savepoint undoes is forgotten again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_LISTS = "pending"
_MARKS = "pending_marks"


def pending(session: Session, name: str) -> list[Any]:
    """Return what is gathered under `name`, to add to."""
    if not session.in_transaction():
        session.begin()  # or its rollback would undo nothing, and tell nobody
    found: list[Any] = session.info.setdefault(_LISTS, {}).setdefault(name, [])
    return found


def waits(session: Session, name: str) -> Sequence[Any]:
    """Return what is gathered under `name`, to look at."""
    found: Sequence[Any] = session.info.get(_LISTS, {}).get(name, ())
    return found


def take(session: Session, name: str) -> list[Any]:
    """Return what is gathered, and forget it: it is being written."""
    found: list[Any] = session.info.get(_LISTS, {}).pop(name, [])
    return found


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        lengths = {name: len(rows) for name, rows in session.info.get(_LISTS, {}).items()}
        session.info.setdefault(_MARKS, {})[transaction] = lengths


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """Drop what was gathered since the savepoint, or everything when the whole transaction is undone."""
    since = session.info.get(_MARKS, {}).pop(transaction, {})
    for name, rows in session.info.get(_LISTS, {}).items():
        del rows[since.get(name, 0) :]
