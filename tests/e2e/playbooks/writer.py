"""Somebody who keeps writing to a database, and remembers what was acknowledged."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg


class Writer:
    """Inserts numbered rows through a DSN until stopped, reconnecting after each failure."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._stop = dsn, threading.Event()
        self.acknowledged: list[int] = []
        self.last = 0.0  # monotonic time of the last acknowledged write
        self.gap = 0.0  # the longest pause between two of them, in seconds
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        numbers = itertools.count(1)
        while not self._stop.wait(0.01):
            with suppress(psycopg.Error), psycopg.connect(self._dsn, autocommit=True) as connection:
                while not self._stop.wait(0.01):
                    self._insert(connection, next(numbers))

    def _insert(self, connection: psycopg.Connection[Any], n: int) -> None:
        connection.execute("INSERT INTO drill_probe (n, at) VALUES (%s, now())", (n,))
        now = time.monotonic()
        self.gap = max(self.gap, now - self.last if self.last else 0)
        self.last = now
        self.acknowledged.append(n)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)

    def lost(self) -> int:
        """Return how many acknowledged rows the database no longer has."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            kept = {n for (n,) in connection.execute("SELECT n FROM drill_probe")}
        return len(set(self.acknowledged) - kept)


def scalar(dsn: str, query: str) -> Any:
    """Return the one value that a query gives."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]
