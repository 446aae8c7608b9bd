"""Statements that are written once and go to the driver as they are: for what is said many times a second.

SQLAlchemy spends ten times an SQLite query on each execution. Values are converted as the columns' types say,
in both directions; errors are SQLAlchemy's, and whoever listens to its engine hears of the statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Float,
    Insert,
    LargeBinary,
    Select,
    Table,
    Update,
    bindparam,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from kernel.db.later import settle

_CONNECTION = "connection"
Row = Mapping[str, Any]
LIST_MOST = 512
"""Keys that one statement names; a longer list takes several."""
INSERT_MOST = 64
"""Rows that one INSERT writes where parameters go by place."""
EXACTLY = 16
"""So few rows go in one INSERT, whatever their number; of more, sizes double, so that each is parsed once."""


class Written(NamedTuple):
    """A statement in one dialect's words."""

    text: str
    bind: Callable[[Row], Any]
    """Returns the parameters as the driver takes them."""
    by_place: bool
    """Whether parameters go by place; otherwise by name."""
    readers: Sequence[tuple[int, Callable[[Any], Any]]] = ()
    """What makes a value of what the driver returns, by place; only where the driver's own is not it."""
    gathered: bool = False
    """Whether the driver returns all rows as one JSON text."""

    def repeated(self, rows: Sequence[Row]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield an INSERT by place, and its parameters, for some of the rows each."""
        for part in _parts(rows):
            yield _repeated(self.text, len(part)), tuple(chain.from_iterable(map(self.bind, part)))

    def read(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the driver's rows with the values that the columns' types promise."""
        if self.gathered:
            rows = json.loads(rows[0][0])
        if not self.readers:
            return rows
        found = [list(row) for row in rows]
        for place, convert in self.readers:
            for row in found:
                row[place] = convert(row[place])
        return found


Converters = Mapping[str, Callable[[Any], Any]]
"""What makes of a parameter what the driver takes, where its own is not it."""


def _binding_by_name(constants: Row, converters: Converters) -> Callable[[Row], dict[str, Any]]:
    def bind(values: Row) -> dict[str, Any]:
        found = {**constants, **values}
        for name, convert in converters.items():
            found[name] = convert(found[name])
        return found

    return bind


def _binding_by_place(
    names: Sequence[str], constants: Row, converters: Converters
) -> Callable[[Row], list[Any]]:
    """Return what puts parameters in their order; those that the statement names itself win."""
    ready = {name: converters.get(name, _same)(value) for name, value in constants.items()}
    given = [(place, name) for place, name in enumerate(names) if name not in constants]
    convert = [(place, converters[name]) for place, name in given if name in converters]
    pick = _picking(names)

    def bind(values: Row) -> list[Any]:
        found = pick({**values, **ready} if ready else values)
        for place, made in convert:
            found[place] = made(found[place])
        return found

    return bind


def _picking(names: Sequence[str]) -> Callable[[Row], list[Any]]:
    if len(names) < 2:
        return lambda values: [values[name] for name in names]
    pick = itemgetter(*names)
    return lambda values: list(pick(values))


def _same(value: Any) -> Any:
    return value


class Prepared:
    """A statement with all its parameters named; an insert names its columns.

    A SELECT of many rows is better `gathered`: SQLite then hands them over as one JSON text, because its
    driver lets go of the interpreter at every row. Not for floats and bytes, which JSON does not keep.
    """

    def __init__(
        self,
        statement: Insert | Update | Select[Any],
        columns: Sequence[str] | None = None,
        *,
        gathered: bool = False,
    ) -> None:
        self.statement, self._columns, self._gathered = statement, columns, gathered
        self._written: dict[str, Written] = {}
        found = (each.name for each in visitors.iterate(statement) if isinstance(each, Table))
        self.tables = frozenset() if isinstance(statement, Insert) else frozenset(found)
        """What it asks about or changes; rows of them that wait to be written are written first."""

    def written(self, dialect: Dialect) -> Written:
        """Return the statement as this database wants it."""
        found = self._written.get(dialect.name)
        if found is None:
            found = self._written[dialect.name] = self._write(dialect)
        return found

    def _write(self, dialect: Dialect) -> Written:
        compiled = self.statement.compile(
            dialect=dialect, column_keys=list(self._columns) if self._columns else None
        )
        binds = {compiled.bind_names[bind]: bind for bind in compiled.bind_names}
        constants = {name: each.effective_value for name, each in binds.items() if not each.required}
        found = {n: each.type.dialect_impl(dialect).bind_processor(dialect) for n, each in binds.items()}
        converters = {name: convert for name, convert in found.items() if convert is not None}
        names = compiled.positiontup if dialect.positional else None
        bind = (
            _binding_by_name(constants, converters)
            if names is None
            else _binding_by_place(names, constants, converters)
        )
        text = str(compiled)
        gathered = self._gathered and dialect.name == "sqlite"
        if gathered:
            columns = _columns_of(self.statement)
            if any(isinstance(column.type, Float | LargeBinary) for column in columns):
                raise TypeError("JSON keeps neither floats nor bytes as they are")
            listed = ", ".join(f"c{place}" for place, _ in enumerate(columns))
            rows = f"WITH found({listed}) AS MATERIALIZED ({text})"
            text = f"{rows} SELECT json_group_array(json_array({listed})) FROM found"
        return Written(text, bind, dialect.positional, _readers(self.statement, dialect), gathered)

    def run(self, session: Session, *rows: Row) -> None:
        """Do it for each row."""
        connection = _ready(session, self.tables)
        written = self.written(connection.dialect)
        if len(rows) == 1:
            _execute(connection, written.text, written.bind(rows[0]))
        elif written.by_place and isinstance(self.statement, Insert) and not self.statement.exported_columns:
            for text, values in written.repeated(rows):
                _execute(connection, text, values)
        elif rows:
            _execute(connection, written.text, [written.bind(row) for row in rows], many=True)

    def rows(self, session: Session, values: Row) -> Sequence[Any]:
        """Return the rows it gives."""
        return self.rows_by(_ready(session, self.tables), values)

    def rows_by(self, connection: Connection, values: Row) -> Sequence[Any]:
        """Return the rows it gives on this connection."""
        written = self.written(connection.dialect)
        return written.read(_execute(connection, written.text, written.bind(values), rows=True))

    def returned(self, session: Session, rows: Sequence[Row]) -> list[Any]:
        """Insert the rows and return what the statement returns of each, in any order: ask for a key too."""
        connection = _ready(session, self.tables)
        written = self.written(connection.dialect)
        if not written.by_place:
            bound = [written.bind(row) for row in rows]
            return list(written.read(_execute(connection, written.text, bound, many=True, rows=True)))
        parts = (_execute(connection, text, values, rows=True) for text, values in written.repeated(rows))
        return [row for part in parts for row in written.read(part)]

    def scalar(self, session: Session, values: Row) -> Any:
        """Return the first value it gives, None when there is no row."""
        rows = self.rows(session, values)
        return rows[0][0] if rows else None


def _ready(session: Session, tables: frozenset[str]) -> Connection:
    """Write what the session holds and has not written, as it would before a question of its own."""
    if session.autoflush:
        session.flush()
    settle(session, tables)
    return connection_of(session)


def connection_of(session: Session) -> Connection:
    """Return the connection of the session's transaction, which itself looks for it anew each time."""
    found: Connection | None = session.info.get(_CONNECTION)
    return session.connection() if found is None or not session.is_active else found


@event.listens_for(Session, "after_transaction_create")
def _created(session: Session, _transaction: SessionTransaction) -> None:
    """A savepoint is made when its connection is first asked for."""
    session.info.pop(_CONNECTION, None)


@event.listens_for(Session, "after_begin")
def _begun(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    session.info[_CONNECTION] = connection


@event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_CONNECTION, None)


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield the rows of one INSERT each.

    SQLite's driver lets go of the interpreter at every step; where threads compete that costs more than a
    row.
    """
    first, size = 0, INSERT_MOST
    while left := len(rows) - first:
        while size > left:
            size = left if left <= EXACTLY else size // 2
        yield rows[first : first + size]
        first += size


@lru_cache(maxsize=1024)
def _repeated(text: str, size: int) -> str:
    head, rest = text.rsplit(" VALUES ", 1)
    places, returning, names = rest.partition(" RETURNING ")
    return f"{head} VALUES {', '.join([places] * size)}{returning}{names}"


Keys = Sequence[BindParameter[Any]] | Select[Any]
_NONE: Row = {}


class Listed:
    """A statement about a list of keys of one type, `column.in_(keys)`: written once for each size, sizes
    doubling. psycopg takes apart a statement with many parameters each time; there the list is one, an array.
    """

    def __init__(
        self,
        build: Callable[[Keys], Select[Any] | Update],
        kind: TypeEngine[Any],
        *,
        gathered: bool = False,
    ) -> None:
        self._build, self._gathered = build, gathered
        self._sizes: dict[int, Prepared] = {}
        array = bindparam("keys", type_=postgresql.ARRAY(kind))
        self._array = Prepared(build(select(func.unnest(array))))

    def run(self, session: Session, keys: Sequence[Any], values: Row) -> None:
        """Do it for these keys."""
        for statement, bound in self.parts(session.get_bind().dialect, keys):
            statement.run(session, {**values, **bound})

    def rows(self, session: Session, keys: Sequence[Any], values: Row = _NONE) -> list[Any]:
        """Return the rows it gives for these keys; an order holds within `LIST_MOST` of them."""
        parts = self.parts(session.get_bind().dialect, keys)
        return [row for statement, bound in parts for row in statement.rows(session, {**values, **bound})]

    def parts(self, dialect: Dialect, keys: Sequence[Any]) -> Iterator[tuple[Prepared, dict[str, Any]]]:
        """Yield the statements, each with its share of the keys, that together ask for all of them."""
        if dialect.driver == "psycopg":
            if keys:
                yield self._array, {"keys": list(keys)}
            return
        for first in range(0, len(keys), LIST_MOST):
            part = list(keys[first : first + LIST_MOST])
            size = 1 << (len(part) - 1).bit_length()
            names = [f"key{place}" for place in range(size)]
            if size not in self._sizes:
                statement = self._build([bindparam(name) for name in names])
                self._sizes[size] = Prepared(statement, gathered=self._gathered)
            filled = [*part, *(part[-1:] * (size - len(part)))]  # a key said twice is found once
            yield self._sizes[size], dict(zip(names, filled, strict=True))


def _columns_of(statement: Insert | Update | Select[Any]) -> Any:
    return statement.selected_columns if isinstance(statement, Select) else statement.exported_columns


def _readers(
    statement: Insert | Update | Select[Any], dialect: Dialect
) -> list[tuple[int, Callable[[Any], Any]]]:
    columns = _columns_of(statement)
    found = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    return [(place, convert) for place, convert in enumerate(found) if convert is not None]


def _execute(
    connection: Connection, text: str, parameters: Any, *, many: bool = False, rows: bool = False
) -> Sequence[Any]:
    with closing(connection.connection.cursor()) as opened:
        cursor: Any = opened  # a driver's own can do more than all of them can
        for heard in connection.dispatch.before_cursor_execute:
            heard(connection, cursor, text, parameters, None, many)
        try:
            if many and rows:  # psycopg alone: one way to the server for all of them
                cursor.executemany(text, parameters, returning=True)
                return [row for result in cursor.results() for row in result.fetchall()]
            (cursor.executemany if many else cursor.execute)(text, parameters)
            return cursor.fetchall() if rows else ()
        except connection.dialect.loaded_dbapi.Error as error:
            connection._handle_dbapi_exception(error, text, parameters, cursor, None)


@cache
def prepared_insert(
    table: Table,
    columns: tuple[str, ...] | None = None,
    returning: tuple[str, ...] = (),
    given_by_database: str | None = None,
) -> Prepared:
    """Return the insert of a row with these columns, by default all that the database does not give."""
    names = columns or tuple(column.name for column in table.columns if column.name != given_by_database)
    wanted = [table.c[name] for name in returning]
    return Prepared(insert(table).returning(*wanted) if wanted else insert(table), names)
