"""One engine a process: read sessions, and write sessions that begin at once and commit in one place.

SQLite runs in WAL with `synchronous=FULL`. There one process writes; its writers queue on a lock (fair and
cheap) instead of polling the file. Writers of another process wait on the busy timeout.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from kernel.db.group import GroupWriter
from kernel.db.lookout import Lookout
from kernel.db.turns import OneInTurn

BUSY_TIMEOUT_MS = 30_000
WRITER = {"check_same_thread": False, "cached_statements": 512}
"""How SQLite's one writer is opened: an INSERT is a statement of its own for each number of rows."""


class Database:
    """A database and the two ways into it: `read()` and `write()`."""

    def __init__(self, url: str, *, pool_size: int = 20, synchronous: str = "FULL") -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self._synchronous = synchronous
        self.engine = self._make_engine(pool_size)
        self.write_engine = self._make_writer() if self.is_sqlite else self.engine
        self.lookout = Lookout(self.engine)
        self.group = GroupWriter(self)
        self._read = sessionmaker(self._read_engine(), autoflush=False, expire_on_commit=False)
        self._write = sessionmaker(self.write_engine, expire_on_commit=False)

    def _read_engine(self) -> Engine:
        """Readers see one state; on SQLite every transaction does."""
        if self.is_sqlite:
            return self.engine
        return self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def _make_engine(self, pool_size: int) -> Engine:
        if not self.is_sqlite:
            engine = create_engine(self.url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)
            event.listen(engine, "connect", self._on_connect_to_server)
            return engine
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url, pool_size=pool_size, max_overflow=pool_size, connect_args={"check_same_thread": False}
        )
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", _begin)
        return engine

    def _make_writer(self) -> Engine:
        engine = create_engine(self.url, poolclass=OneInTurn, connect_args=WRITER)
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", _begin_to_write)
        return engine

    def _on_connect(self, raw: sqlite3.Connection, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            f"synchronous={self._synchronous}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            raw.execute(f"PRAGMA {pragma}").close()

    def _on_connect_to_server(self, raw: Any, _record: Any) -> None:
        raw.autocommit = True
        # a plan kept from when a table was small would go on reading all of it when it has grown
        raw.execute("SET plan_cache_mode = force_custom_plan")
        if self._synchronous == "OFF":
            raw.execute("SET synchronous_commit = off")
        raw.autocommit = False

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state and saves nothing."""
        with self._read() as session:
            yield session

    @contextmanager
    def write(self, actor: str = "system") -> Iterator[Session]:
        """Open a transaction that commits when the block ends well and leaves nothing when it doesn't.

        `actor` goes into the audit entries that the transaction records.
        """
        with self.new_write(actor) as session:
            yield session
            session.commit()

    def new_write(self, actor: str = "system") -> Session:
        """Make a write session whose commit is the caller's (edges only)."""
        session = self._write()
        session.info["actor"] = actor
        return session

    def close(self) -> None:
        """Finish what is queued and drop all connections."""
        self.group.close()
        self.drop()

    def drop(self) -> None:
        """Drop all connections; who asks next gets new ones."""
        self.lookout.close()
        for engine in self.engines:
            engine.dispose()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Where everything is said that this process says to the database."""
        return (self.engine, self.write_engine) if self.is_sqlite else (self.engine,)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
