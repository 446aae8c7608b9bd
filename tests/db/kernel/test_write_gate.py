"""One transaction at a time writes on SQLite; whatever becomes of it, the next one gets in."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.db.numbering import Counter, next_number
from kernel.db.stamp import require_kind
from kernel.errors import ConfigError


def value(database: Database, series: str) -> int | None:
    with database.read() as session:
        return session.scalar(select(Counter.value).where(Counter.series == series))


def test_read_then_write_by_eight_threads_loses_no_update(database: Database) -> None:
    with database.write() as session:
        next_number(session, "s")

    def add(_: int) -> None:
        with database.write() as session:
            seen = session.scalar(select(Counter.value).where(Counter.series == "s").with_for_update())
            assert seen is not None
            session.execute(update(Counter).where(Counter.series == "s").values(value=seen + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert value(database, "s") == 81


def test_numbers_are_consecutive_even_when_the_series_begins_in_eight_threads(database: Database) -> None:
    start = threading.Barrier(8)

    def take(_: int) -> list[int]:
        start.wait()
        found = []
        for _n in range(5):
            with database.write() as session:
                found.append(next_number(session, "day"))
        return found

    with ThreadPoolExecutor(8) as pool:
        numbers = [n for found in pool.map(take, range(8)) for n in found]
    assert sorted(numbers) == list(range(1, 41))


def test_a_number_of_a_failed_transaction_is_given_again(database: Database) -> None:
    with database.new_write() as session:
        assert next_number(session, "s") == 1
    assert _next(database) == 1


def _bad_statement(session: Session) -> None:
    with contextlib.suppress(DBAPIError):
        session.execute(text("SELECT nonsense FROM nowhere"))


ENDS = {"closed": Session.close, "rolled back": Session.rollback, "bad statement": _bad_statement}


@pytest.mark.parametrize("how", list(ENDS))
def test_a_transaction_that_ends_badly_lets_the_next_one_in(database: Database, how: str) -> None:
    for _ in range(3):
        with database.new_write() as session:
            next_number(session, "s")
            ENDS[how](session)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_next, database).result(timeout=10) == 1


def _next(database: Database) -> int:
    with database.write() as session:
        return next_number(session, "s")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_file_locked_by_another_process_fails_the_transaction_but_does_not_shut_the_gate(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.db.engine.BUSY_TIMEOUT_MS", 10)
    database.close()
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(OperationalError, match="locked"):
            _next(database)
    other.execute("ROLLBACK")
    other.close()
    assert _next(database) == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_who_writes_while_the_database_is_closed_finishes_and_his_connection_is_closed_then(
    database: Database,
) -> None:
    with database.write() as session:
        next_number(session, "s")
        used = session.connection().connection.dbapi_connection
        database.drop()
        next_number(session, "s")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used.execute("SELECT 1")  # type: ignore[union-attr]
    assert _next(database) == 3


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_all_writers_of_a_process_share_one_connection(database: Database) -> None:
    used = set()
    for _ in range(3):
        with database.write() as session:
            used.add(id(session.connection().connection.dbapi_connection))
    assert len(used) == 1
    assert "free" in database.write_engine.pool.status()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_sqlite_is_durable_and_checks_foreign_keys(empty_url: str) -> None:
    database = Database(empty_url)
    with database.read() as session:
        found = [session.scalar(text(f"PRAGMA {p}")) for p in ("journal_mode", "synchronous", "foreign_keys")]
    database.close()
    assert found == ["wal", 2, 1]


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    _next(database)
    with database.read() as session:
        first = session.scalar(select(Counter.value))
        _next(database)
        assert session.scalar(select(Counter.value)) == first
    assert value(database, "s") == 2


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_read_session_cannot_write(database: Database) -> None:
    with pytest.raises(InternalError, match="read-only"), database.read() as session:
        session.execute(text("DELETE FROM counter"))


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_plans_are_made_for_the_values_at_hand(database: Database) -> None:
    """A generic plan made while a table was empty reads all of it when it has grown."""
    for opened in (database.read, database.write):
        with opened() as session:
            assert session.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"


def test_a_database_made_for_something_else_is_refused(database: Database) -> None:
    assert require_kind(database, "rehearsal")
    assert not require_kind(database, "rehearsal")
    with pytest.raises(ConfigError, match="演练"):
        require_kind(database, "live")
