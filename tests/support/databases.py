"""Fresh databases in milliseconds: each test gets a copy of a template that is filled once a process."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import event, make_url

from kernel.db import Base, Database
from kernel.models import import_all
from tests.support.postgres import Postgres

Fill = Callable[[Database], None]


def create_schema(database: Database) -> None:
    """Make all tables from the metadata, with the append-only guards."""
    import_all()
    Base.metadata.create_all(database.write_engine)


class SqliteShelf:
    """Templates are files; a copy is a copied file."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[str, Path] = {}
        self._saved = itertools.count(1)

    def new(self, name: str, fill: Fill | None, folder: Path) -> str:
        """Return the URL of a fresh database in `folder`, filled as the template `name` is."""
        path = folder / "shoushi.sqlite"
        if fill is not None:
            shutil.copy(self._template(name, fill), path)
        return f"sqlite:///{path}"

    def _template(self, name: str, fill: Fill) -> Path:
        if name not in self._templates:
            path = self._folder / f"{name}.sqlite"
            database = Database(f"sqlite:///{path}", synchronous="OFF")
            fill(database)
            database.close()
            self._templates[name] = path
        return self._templates[name]

    def drop(self, url: str) -> None:
        """Nothing to do: pytest removes the folder."""

    def save(self, database: Database) -> Path:
        """Return a copy of a database in use."""
        path = self._folder / f"saved-{next(self._saved)}.sqlite"
        _copy(Path(str(database.url.database)), path)
        return path

    def restore(self, database: Database, saved: Path) -> None:
        """Let a database in use be as it was saved."""
        _copy(saved, Path(str(database.url.database)))


class PostgresShelf:
    """Templates are databases; a copy is CREATE DATABASE … TEMPLATE."""

    kind = "postgresql"

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._templates: dict[str, str] = {}

    def new(self, name: str, fill: Fill | None, _folder: Path) -> str:
        """Return the URL of a fresh database, filled as the template `name` is."""
        template = self._template(name, fill) if fill is not None else None
        return self._server.url(self._server.create(template))

    def _template(self, name: str, fill: Fill) -> str:
        if name not in self._templates:
            made = self._server.create()
            database = Database(self._server.url(made))
            fill(database)
            database.close()
            self._templates[name] = made
        return self._templates[name]

    def drop(self, url: str) -> None:
        """Remove the database."""
        self._server.drop(str(make_url(url).database))

    def save(self, database: Database) -> str:
        """Return the name of a copy of a database that nobody uses at the moment."""
        database.drop()
        return self._server.create(str(database.url.database))

    def restore(self, database: Database, saved: str) -> None:
        """Let a database be as it was saved."""
        database.drop()
        name = str(database.url.database)
        self._server.drop(name)
        self._server.create(saved, name)


def _copy(source: Path, target: Path) -> None:
    """Copy a database page by page, also into one that has readers."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        written.execute("PRAGMA synchronous=OFF")
        read.backup(written)


Shelf = SqliteShelf | PostgresShelf


@contextmanager
def heard(database: Database, name: str, note: Callable[..., None]) -> Iterator[None]:
    """Hear of an event of SQLAlchemy's, whichever way into the database it comes by."""
    for engine in database.engines:
        event.listen(engine, name, note)
    try:
        yield
    finally:
        for engine in database.engines:
            event.remove(engine, name, note)
