"""A connection outside the pool and outside any transaction, for what is looked up many times a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
T = TypeVar("T")
PAUSE = 1.0
"""Seconds after which a held connection is no longer taken for alive."""
_PLANNED_ONCE = """
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
"""
"""What PostgreSQL is told: planning a join of six tables anew takes ten times as long as the look. A plan
made while a table was small must not read all of it, so that it may only go by indexes."""


def connect(engine: Engine) -> Connection:
    """Open a connection whose every statement is a transaction, and is planned once."""
    connection = engine.execution_options(isolation_level="AUTOCOMMIT").connect()
    connection.detach()  # the pool's others plan anew each time
    if engine.dialect.name != "sqlite":
        connection.exec_driver_sql(_PLANNED_ONCE)
    return connection


class Held:
    """Such a connection, held while there is work.

    After a pause it is asked for anew, and the pool then looks whether the server still answers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._used = 0.0

    def run(self, statement: Callable[[Connection], T]) -> T | None:
        """Return what the statement gives; None when it failed and has left nothing.

        Raises DBAPIError when the connection broke: what was under way may be committed.
        """
        if time.monotonic() - self._used > PAUSE:
            self.close()
        try:
            if self._connection is None:
                self._connection = connect(self._engine)
            found = statement(self._connection)
        except DBAPIError as error:
            self.close()
            if error.connection_invalidated:
                raise
            log.warning("a statement for a whole group failed (%s); taking the long way", error)
            return None
        self._used = time.monotonic()
        return found

    def close(self) -> None:
        """Let the connection go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
