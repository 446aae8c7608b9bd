"""A look at the database that costs next to nothing, for what is asked many times a second."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.db.held import connect
from kernel.db.prepared import Listed, Prepared, Row


class Lookout:
    """Asks prepared questions on one connection of its own, outside any transaction.

    A question is a SELECT; it goes to the driver as it is, because a session would cost forty times the
    query. It is planned once, and by indexes: give it ORDER BY and LIMIT where it may meet many rows.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._held: Connection | None = None
        self._cursor: Any = None

    def sees(self, question: Prepared, now: datetime) -> bool:
        """Whether the question, which has one parameter `now`, finds any row."""
        return bool(self.rows(question, {"now": now}))

    def rows(self, question: Prepared, values: Row) -> Sequence[Any]:
        """Return what the question finds."""
        written = question.written(self._engine.dialect)
        parameters = written.bind(values)
        with self._lock:
            try:
                if self._cursor is None:
                    self._held = connect(self._engine)
                    self._cursor = self._held.connection.cursor()
                self._cursor.execute(written.text, parameters)
                found = self._cursor.fetchall()  # to the end, or SQLite would keep the snapshot
            except Exception:
                self._drop()  # perhaps the server was restarted; the next look connects anew
                raise
        return written.read(found) if found else found

    def listed(self, question: Listed, keys: Sequence[Any], values: Row) -> list[Any]:
        """Return what the question finds for these keys; its order holds within a part of them."""
        parts = question.parts(self._engine.dialect, keys)
        return [row for part, bound in parts for row in self.rows(part, {**values, **bound})]

    def _drop(self) -> None:
        held, self._held, self._cursor = self._held, None, None
        if held is not None:
            held.close()

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            self._drop()
