"""Copy a PostgreSQL database out of one read-only snapshot, and into an empty one, without pg_dump."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql
from sqlalchemy import MetaData

from kernel.db import Database
from kernel.errors import ConfigError

FOLDER = "tables"
VERSION_TABLE = "alembic_version"
_TABLES = (
    "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) "
    "FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) "
    "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' GROUP BY table_name ORDER BY 1"
)


def connect(database: Database) -> psycopg.Connection[Any]:
    """Open a plain connection to the database."""
    url = database.url.set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False))


def dump(database: Database, folder: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Copy every table as of one instant; returns the rows and the columns of each."""
    (folder / FOLDER).mkdir()
    rows: dict[str, int] = {}
    with connect(database) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        columns = {t: list(c) for t, c in connection.execute(_TABLES).fetchall() if t != VERSION_TABLE}
        for table, names in columns.items():
            rows[table] = _copy_out(connection, table, names, folder / FOLDER / table)
    return rows, columns


def _copy_out(connection: psycopg.Connection[Any], table: str, columns: list[str], path: Path) -> int:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(*_names(table, columns))
    with connection.cursor() as cursor, path.open("wb") as target:
        with cursor.copy(statement) as copy:
            for piece in copy:
                target.write(piece)
        return cursor.rowcount


def _names(table: str, columns: list[str]) -> tuple[sql.Composable, sql.Composable]:
    return sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))


def is_empty(database: Database) -> bool:
    """Whether there is no table in the database."""
    with connect(database) as connection:
        return not [t for t, _ in connection.execute(_TABLES).fetchall() if t != VERSION_TABLE]


def load(database: Database, folder: Path, columns: dict[str, list[str]]) -> dict[str, int]:
    """Copy the tables into a fresh schema in one transaction; returns the rows of each."""
    schema = MetaData()
    schema.reflect(database.engine)
    order = [t.name for t in schema.sorted_tables if t.name in columns]
    if unknown := set(columns) - set(order):
        raise ConfigError(f"备份中的表 {min(unknown)} 不在数据库结构中")
    rows: dict[str, int] = {}
    with connect(database) as connection:
        for table in order:
            rows[table] = _copy_in(connection, table, columns[table], folder / FOLDER / table)
            _reset_sequence(connection, table, columns[table])
    return rows


def _copy_in(connection: psycopg.Connection[Any], table: str, columns: list[str], path: Path) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(*_names(table, columns))
    with connection.cursor() as cursor, path.open("rb") as source:
        with cursor.copy(statement) as copy:
            while piece := source.read(1 << 20):
                copy.write(piece)
        return cursor.rowcount


def _reset_sequence(connection: psycopg.Connection[Any], table: str, columns: list[str]) -> None:
    """Let the next id follow the greatest one."""
    if "id" not in columns:
        return
    statement = sql.SQL(
        "SELECT setval(sequence, coalesce((SELECT max(id) FROM {t}), 1), EXISTS (SELECT FROM {t})) "
        "FROM pg_get_serial_sequence({name}, 'id') AS sequence WHERE sequence IS NOT NULL"
    )
    connection.execute(statement.format(t=sql.Identifier(table), name=sql.Literal(table)))
