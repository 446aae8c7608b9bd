"""Fixtures of all tests. `kind` runs a test on SQLite and on PostgreSQL; see tests/support."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import START, ZONE, World


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash with next to no memory, so that a cast is made in milliseconds."""
    from argon2 import PasswordHasher

    from kernel.identity import passwords

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", hasher)
        patch.setattr(passwords, "_DUMMY", hasher.hash("nobody"))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """One real PostgreSQL server for this process."""
    from tests.support.postgres import Postgres

    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_shelf(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from tests.support.databases import SqliteShelf

    return SqliteShelf(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def postgres_shelf(postgres: Any) -> Any:
    from tests.support.databases import PostgresShelf

    return PostgresShelf(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database; `@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)` narrows it."""
    return str(request.param)


@pytest.fixture
def shelf(kind: str, request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("sqlite_shelf" if kind == "sqlite" else "postgres_shelf")


@pytest.fixture
def empty_url(shelf: Any, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    url = shelf.new("empty", None, tmp_path)
    yield url
    shelf.drop(url)


@pytest.fixture
def database_url(shelf: Any, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and no row."""
    from tests.support.databases import create_schema

    url = shelf.new("schema", create_schema, tmp_path)
    yield url
    shelf.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Any]:
    """A database with all tables and no row."""
    from kernel.db import Database

    opened = Database(database_url, synchronous="OFF")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Any:
    """A clock that stands still at START."""
    from kernel.clock import FixedClock

    return FixedClock(START)


@pytest.fixture
def platform_url(shelf: Any, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the cast in it."""
    url = shelf.new("cast", _fill_with_cast, tmp_path)
    yield url
    shelf.drop(url)


@pytest.fixture
def platform(platform_url: str, tmp_path: Path, clock: Any) -> Iterator[Any]:
    """The whole product on a fixed clock, with the cast; mail goes to a Maildir below tmp_path."""
    made = build(platform_url, tmp_path, clock)
    yield made
    made.db.close()


@pytest.fixture
def world(platform: Any, clock: Any, shelf: Any) -> World:
    """The platform with short ways to let things happen."""
    return World(platform, clock, shelf)


def build(url: str, folder: Path, clock: Any, **environ: str) -> Any:
    """Build a platform on the database at `url`, ready to serve."""
    import app
    from kernel.bootstrap import build_platform, ready
    from kernel.db import Database
    from kernel.settings import load_settings

    settings = load_settings(environ, data_dir=folder, database_url=url)
    made = build_platform(settings, app.catalogue(), ZONE, clock)
    made.db.close()
    made.db = Database(url, synchronous="OFF")
    return ready(made)


def _fill_with_cast(database: Any) -> None:
    import tempfile

    from kernel.clock import FixedClock
    from tests.support.databases import create_schema
    from tests.support.people import add_cast

    create_schema(database)
    with tempfile.TemporaryDirectory() as folder:
        url = database.url.render_as_string(hide_password=False)
        made = build(url, Path(folder), FixedClock(START))
        add_cast(made)
        made.db.close()
