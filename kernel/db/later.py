"""Rows that nobody needs before the commit: works that share it write theirs together.

They are written before anything in the session asks about their table, before a savepoint, and before the
commit; so nobody can tell, except by the number of statements. At the commit they come first: the end of the
audit chain, which is locked then too, stays the last lock that is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from kernel.db.pending import pending, take, waits

_NAME = "later"
Rows = Sequence[Mapping[str, Any]]


class _Late(NamedTuple):
    table: str
    rows: Rows
    write: Callable[[Session, Rows], None]


def later(session: Session, table: str, rows: Rows, write: Callable[[Session, Rows], None]) -> None:
    """Keep rows of equal keys for `write`, which gets those of a table together."""
    if rows:
        pending(session, _NAME).append(_Late(table, rows, write))


def settle(session: Session, tables: Collection[str] | None = None) -> None:
    """Write what was kept, a table after the other; only if some of it is of these tables, if given."""
    waiting = waits(session, _NAME) if tables is None or tables else ()
    if not waiting or (tables is not None and all(late.table not in tables for late in waiting)):
        return
    kept: dict[tuple[str, tuple[str, ...]], list[_Late]] = {}
    for late in take(session, _NAME):
        kept.setdefault((late.table, tuple(late.rows[0])), []).append(late)
    for group in kept.values():
        group[0].write(session, [row for late in group for row in late.rows])


def savepoint(session: Session) -> SessionTransaction:
    """Begin a savepoint: `session.begin_nested()`, which must not undo what was kept before it."""
    settle(session)
    return session.begin_nested()


@event.listens_for(Session, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    settle(state.session)


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        settle(session)
