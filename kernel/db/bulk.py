"""Insert many rows at the speed the database has: drivers send them one by one, PostgreSQL can copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db.later import later
from kernel.db.prepared import connection_of, prepared_insert
from kernel.db.types import Base, table_of

WORTH_IT = 20
"""From so many rows on a COPY costs less than INSERTs."""

Rows = Sequence[Mapping[str, Any]]


def insert_many(session: Session, model: type[Base], rows: Rows) -> None:
    """Insert rows of equal keys; columns that are left out get what the database gives them."""
    table = table_of(model)
    if len(rows) >= WORTH_IT and session.get_bind().dialect.driver == "psycopg":
        session.flush()
        _copy(connection_of(session), table, rows)
    elif rows:
        prepared_insert(table, tuple(rows[0])).run(session, *rows)


def insert_later(session: Session, model: type[Base], rows: Rows) -> None:
    """Insert rows of equal keys together with those of others that share the commit (see `later`)."""
    later(session, model.__tablename__, rows, partial(_insert, model=model))


def _insert(session: Session, rows: Rows, model: type[Base]) -> None:
    insert_many(session, model, rows)


def _copy(connection: Connection, table: Table, rows: Rows) -> None:
    import psycopg  # eight megabytes that a platform on SQLite does not need
    from psycopg import sql

    names = list(rows[0])
    dialect = connection.dialect
    processors = [table.c[n].type.dialect_impl(dialect).bind_processor(dialect) for n in names]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    columns = [
        [row[n] for row in rows] if p is None else [p(row[n]) for row in rows]
        for n, p in zip(names, processors, strict=True)
    ]
    cursor: psycopg.Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]
    try:
        with cursor, cursor.copy(statement) as copy:
            for values in zip(*columns, strict=True):
                copy.write_row(values)
    except psycopg.IntegrityError as error:
        raise IntegrityError(f"COPY {table.name}", None, error) from error
