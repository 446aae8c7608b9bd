"""Insert a row that several transactions may want to be the first to insert, without a dialect's upsert."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db.later import settle


def insert_once(session: Session, table: type[Any], row: dict[str, Any]) -> bool:
    """Insert `row` unless its key exists; returns whether it was new. The transaction stays usable."""
    settle(session, {table.__tablename__})
    connection = session.connection()
    try:
        with connection.begin_nested():
            connection.execute(insert(table), row)
    except IntegrityError:
        return False
    return True
