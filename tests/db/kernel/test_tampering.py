"""Every column of every append-only table: a changed value is found out, and the sentence names the record.

The tables come from the models: a new one without a comparison in its package's `Manifest.checks` fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeDecorator

from kernel.audit.attest import all_problems
from kernel.db import Base
from kernel.db.types import JsonText
from kernel.models import import_all
from tests.support.everything import eventful
from tests.support.world import World

import_all()
GUARDED = [table for table in Base.metadata.sorted_tables if table.info.get("append_only")]
LATER = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
SOMETHING = ((DateTime, LATER), (Date, LATER.date()), (Integer, 1), (String, "x"))
UNREADABLE = "{"
NAMES = re.compile(
    r"(incident|case|drill|playbook|duty:change|penalty|settlement|fact|amendment|review|report|disclosure|seal|probe_outage):|第\d+条"
)


@contextmanager
def unguarded(world: World) -> Iterator[Connection]:
    """Write as somebody with the database's password can: without triggers and foreign keys."""
    database = world.platform.db
    with database.write_engine.connect() as connection:
        if database.is_sqlite:
            triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in triggers.scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.commit()
            connection.connection.execute("PRAGMA foreign_keys = OFF")  # nothing within a transaction
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.commit()
        yield connection


def raw(column: Column[Any]) -> Column[Any]:
    """Return the column as the database stores it."""
    kind = column.type
    return Column(column.name, kind.impl if isinstance(kind, TypeDecorator) else kind)


def changed(column: Column[Any], value: Any) -> Any:
    """Return another value that the column takes."""
    if isinstance(column.type, JsonText):
        return '["x"]'
    if value is None:
        return next(given for kind, given in SOMETHING if isinstance(raw(column).type, kind))
    if isinstance(value, (datetime, date)):
        return value + timedelta(days=1)
    if isinstance(value, int):
        return value + 1_000
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


def is_surrogate(column: Column[Any]) -> bool:
    """Whether the column is a row's number that says nothing: its table has a key of its own beside it."""
    natural = any(isinstance(c, UniqueConstraint) and len(c.columns) > 1 for c in column.table.constraints)
    return column.primary_key and column.name == "id" and natural


class Victim:
    """The last row of a table, as the database stores it, and ways to damage and to repair it."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self._connection = connection
        self._stored = Table(table.name, MetaData(), *map(raw, table.columns))
        self._key = self._stored.columns[next(iter(table.primary_key)).name]
        newest = select(self._stored).order_by(self._key.desc()).limit(1)
        self.row = dict(connection.execute(newest).one()._mapping)

    @contextmanager
    def with_value(self, name: str, value: Any) -> Iterator[None]:
        """Let the row hold another value for a while."""
        key = self.row[self._key.name]
        self._put(key, name, value)
        yield
        self._put(value if name == self._key.name else key, name, self.row[name])

    @contextmanager
    def taken_away(self) -> Iterator[None]:
        """Let the row be gone for a while."""
        self._connection.execute(self._stored.delete().where(self._key == self.row[self._key.name]))
        self._connection.commit()
        yield
        self._connection.execute(self._stored.insert(), self.row)
        self._connection.commit()

    def _put(self, key: Any, name: str, value: Any) -> None:
        column = self._stored.columns[name]
        told = type_coerce(value, Text) if value == UNREADABLE else value
        self._connection.execute(self._stored.update().where(self._key == key).values({column: told}))
        self._connection.commit()


@pytest.fixture
def damaged(world: World) -> Iterator[Iterator[tuple[Table, Victim]]]:
    """Every append-only table with its last row; after each the records must agree again."""

    def each(connection: Connection) -> Iterator[tuple[Table, Victim]]:
        for table in GUARDED:
            yield table, Victim(connection, table)
            assert problems(world) == [], table.name

    assert problems(eventful(world)) == []
    with unguarded(world) as connection:
        yield each(connection)


def problems(world: World) -> list[str]:
    return list(all_problems(world.platform))


def test_a_changed_value_of_any_column_is_found_out_and_named(
    world: World, damaged: Iterator[tuple[Table, Victim]]
) -> None:
    unseen = []
    for table, victim in damaged:
        for column in table.columns:
            if is_surrogate(column):
                continue
            with victim.with_value(column.name, changed(column, victim.row[column.name])):
                found = problems(world)
                if not any(map(NAMES.search, found)):
                    unseen.append((f"{table.name}.{column.name}", found))
    assert unseen == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)  # PostgreSQL takes no words for a number
def test_a_value_that_cannot_be_read_is_a_finding_and_no_crash(
    world: World, damaged: Iterator[tuple[Table, Victim]]
) -> None:
    unseen = []
    for table, victim in damaged:
        for column in table.columns:
            if column.primary_key and column.type.python_type is int:
                continue  # SQLite's own row number takes no words either
            with victim.with_value(column.name, UNREADABLE):
                if not problems(world):
                    unseen.append(f"{table.name}.{column.name}")
    assert unseen == []


def test_a_row_taken_away_is_named(world: World, damaged: Iterator[tuple[Table, Victim]]) -> None:
    unseen = []
    for table, victim in damaged:
        with victim.taken_away():
            if not any(map(NAMES.search, problems(world))):
                unseen.append(table.name)
    assert unseen == []
