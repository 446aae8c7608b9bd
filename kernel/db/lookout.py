"""A look at the database that costs next to nothing, for what is asked many times a second."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select

from kernel.db.types import UtcDateTime


class _Prepared(NamedTuple):
    text: str
    values: dict[str, Any]
    by_place: bool
    """Whether the parameters go by their order."""


class Lookout:
    """Asks prepared questions on one raw connection of its own, outside any transaction.

    A question is a SELECT with one time parameter called `now`; it goes to the driver as it is, because a
    session would cost forty times the query. Give it ORDER BY and LIMIT: without them PostgreSQL's generic
    plan expects to meet a row at once, and reads the whole table when there is none.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._raw: Any = None
        self._cursor: Any = None
        self._prepared: dict[Select[Any], _Prepared] = {}
        self._to_driver = UtcDateTime().dialect_impl(engine.dialect).bind_processor(engine.dialect)

    def sees(self, question: Select[Any], now: datetime) -> bool:
        """Whether the question finds any row."""
        value = self._to_driver(now) if self._to_driver else now
        with self._lock:
            prepared = self._prepared.get(question) or self._prepare(question)
            try:
                return bool(self._fetch(prepared, value))
            except Exception:
                self._drop()  # perhaps the server was restarted; the next look connects anew
                raise

    def _prepare(self, question: Select[Any]) -> _Prepared:
        compiled = question.compile(dialect=self._engine.dialect)
        values = compiled.construct_params({"now": None})
        by_place = self._engine.dialect.positional
        names = compiled.positiontup if by_place else values
        self._prepared[question] = _Prepared(str(compiled), {n: values[n] for n in names or ()}, by_place)
        return self._prepared[question]

    def _fetch(self, prepared: _Prepared, now: Any) -> Any:
        if self._cursor is None:
            self._raw = self._connect()
            self._cursor = self._raw.cursor()
        text, values, by_place = prepared
        values["now"] = now
        self._cursor.execute(text, tuple(values.values()) if by_place else values)
        return self._cursor.fetchall()  # to the end, or SQLite would keep the snapshot

    def _connect(self) -> Any:
        pooled = self._engine.raw_connection()
        raw: Any = pooled.driver_connection
        pooled.detach()
        if self._engine.dialect.name != "sqlite":
            raw.autocommit = True
        return raw

    def _drop(self) -> None:
        raw, self._raw, self._cursor = self._raw, None, None
        if raw is not None:
            raw.close()

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            self._drop()
