"""Probes of a database: does it answer, does it take rows, and are the acknowledged ones still there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import psycopg

TABLE = "drill_probe"


class Query:
    """A database that answers a query, with what is expected as the first value."""

    def __init__(self, dsn: str, query: str, expect: str) -> None:
        self._dsn, self._query, self._expect = dsn, query, expect

    async def check(self, seconds: float) -> bool:
        """Ask once."""
        return await _in_time(self._ask, seconds)

    def _ask(self, seconds: float) -> bool:
        with psycopg.connect(self._dsn, autocommit=True, options=_patience(seconds)) as connection:
            row = connection.execute(self._query.encode()).fetchone()
            return row is not None and (not self._expect or str(row[0]) == self._expect)


class Writer:
    """Writes numbered rows and remembers which were acknowledged: what is missing afterwards is lost.

    One connection is kept as an application would keep it; after an error a new one is made.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._next = 0
        self._acknowledged: list[int] = []

    async def check(self, seconds: float) -> bool:
        """Write one row."""
        return await _in_time(self._write, seconds)

    def _write(self, seconds: float) -> bool:
        if not self._lock.acquire(timeout=seconds):
            return False
        try:
            return self._write_one(seconds)
        finally:
            self._lock.release()

    def _write_one(self, seconds: float) -> bool:
        try:
            connection = self._open(seconds)
            number = self._next = self._next + 1
            connection.execute(f"INSERT INTO {TABLE} (n, at) VALUES (%s, now())".encode(), (number,))
        except psycopg.Error:
            self._drop()
            return False
        self._acknowledged.append(number)
        return True

    def _open(self, seconds: float) -> psycopg.Connection[Any]:
        if self._connection is None:
            made = psycopg.connect(self._dsn, autocommit=True, options=_patience(seconds))
            try:
                made.execute(
                    f"CREATE TABLE IF NOT EXISTS {TABLE} (n bigint PRIMARY KEY, at timestamptz)".encode()
                )
                row = made.execute(f"SELECT coalesce(max(n), 0) FROM {TABLE}".encode()).fetchone()
            except psycopg.Error:
                made.close()
                raise
            self._next = max(self._next, int(row[0]) if row else 0)
            self._connection = made
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Keep no connection."""
        with self._lock:
            self._drop()

    def lost(self) -> int | None:
        """Return how many acknowledged rows are missing now; None when the database doesn't answer."""
        with self._lock:
            written = set(self._acknowledged)
            try:
                with psycopg.connect(self._dsn, autocommit=True) as connection:
                    found = {int(row[0]) for row in connection.execute(f"SELECT n FROM {TABLE}".encode())}
            except psycopg.Error:
                return None
        return len(written - found)

    @property
    def acknowledged(self) -> int:
        """How many rows were acknowledged."""
        return len(self._acknowledged)


async def _in_time(function: Callable[[float], bool], seconds: float) -> bool:
    try:
        return await asyncio.wait_for(asyncio.to_thread(function, seconds), seconds + 0.2)
    except (psycopg.Error, OSError, TimeoutError):
        return False


def _patience(seconds: float) -> str:
    return f"-c statement_timeout={max(100, int(seconds * 1000))}"
