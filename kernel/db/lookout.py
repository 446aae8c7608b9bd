"""A look at the database that costs next to nothing, for what is asked many times a second."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select

from kernel.db.types import UtcDateTime


class Lookout:
    """Asks prepared questions on one raw connection of its own, outside any transaction.

    A question is a `SELECT EXISTS (…)` with one time parameter called `now`; it goes to the driver as it is,
    because a session would cost forty times the query.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._raw: Any = None
        self._texts: dict[int, str] = {}
        self._to_driver = UtcDateTime().dialect_impl(engine.dialect).bind_processor(engine.dialect)

    def sees(self, question: Select[tuple[bool]], now: datetime) -> bool:
        """Answer the question."""
        value = self._to_driver(now) if self._to_driver else now
        with self._lock:
            text = self._texts.get(id(question)) or self._compile(question)
            try:
                return bool(
                    self._fetch(text, (value,) if self._engine.dialect.positional else {"now": value})
                )
            except Exception:
                self._drop()  # perhaps the server was restarted; the next look connects anew
                raise

    def _compile(self, question: Select[tuple[bool]]) -> str:
        text = str(question.compile(dialect=self._engine.dialect))
        self._texts[id(question)] = text
        return text

    def _fetch(self, text: str, parameters: Any) -> Any:
        if self._raw is None:
            pooled = self._engine.raw_connection()
            self._raw = pooled.driver_connection
            pooled.detach()
            if self._engine.dialect.name != "sqlite":
                self._raw.autocommit = True
        cursor = self._raw.cursor()
        cursor.execute(text, parameters)
        ((found,),) = cursor.fetchall()  # to the end, or SQLite would keep the snapshot
        cursor.close()
        return found

    def _drop(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            self._drop()
