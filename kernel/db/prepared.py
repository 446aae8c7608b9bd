"""Statements that are written once and go to the driver as they are: for what is said many times a second.

SQLAlchemy spends several times an SQLite insert on each execution. Values are converted as the columns' types
say; what comes back is not, so such a statement returns integers and text only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Insert, Select, Table, Update, insert
from sqlalchemy.orm import Session

Row = Mapping[str, Any]


class Written(NamedTuple):
    """A statement in one dialect's words."""

    text: str
    values: dict[str, Any]
    converters: Sequence[tuple[str, Callable[[Any], Any]]]
    places: list[str] | None
    """The parameters' order, None when they go by name."""

    def bind(self, values: Row) -> Any:
        """Return the parameters as the driver takes them."""
        found = {**self.values, **values}
        for name, convert in self.converters:
            found[name] = convert(found[name])
        return found if self.places is None else tuple([found[name] for name in self.places])


class Prepared:
    """A statement with all its parameters named; an insert names its columns."""

    def __init__(
        self, statement: Insert | Update | Select[Any], columns: Sequence[str] | None = None
    ) -> None:
        self.statement, self._columns = statement, columns
        self._written: dict[str, Written] = {}

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
        values = compiled.construct_params(_check=False)
        by_name = {
            n: bind.type.dialect_impl(dialect).bind_processor(dialect) for n, bind in compiled.binds.items()
        }
        converters = [(n, convert) for n, convert in by_name.items() if convert is not None]
        places = list(compiled.positiontup or ()) if dialect.positional else None
        return Written(str(compiled), dict(values), converters, places)

    def run(self, session: Session, *rows: Row) -> None:
        """Do it for each row."""
        connection = session.connection()
        written = self.written(connection.dialect)
        connection.exec_driver_sql(written.text, [written.bind(row) for row in rows])

    def rows(self, session: Session, values: Row) -> Sequence[Any]:
        """Return the rows it gives."""
        found: Sequence[Any] = self._once(session.connection(), values).all()
        return found

    def scalar(self, session: Session, values: Row) -> Any:
        """Return the first value it gives, None when there is no row."""
        return self._once(session.connection(), values).scalar()

    def _once(self, connection: Connection, values: Row) -> Any:
        written = self.written(connection.dialect)
        return connection.exec_driver_sql(written.text, written.bind(values))


@cache
def prepared_insert(
    table: Table, columns: tuple[str, ...] | None = None, returning: str | None = None
) -> Prepared:
    """Return the insert of a row with these columns, all but `returning` by default."""
    names = columns or tuple(column.name for column in table.columns if column.name != returning)
    statement = insert(table) if returning is None else insert(table).returning(table.c[returning])
    return Prepared(statement, names)
