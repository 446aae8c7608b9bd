"""The audit chain: entries come with the deed, and every change to them is named."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from kernel.audit import AuditEntry, record, verify
from kernel.db import Database
from tests.support.world import START


def write(database: Database, number: int = 5, actor: str = "lin") -> None:
    for n in range(number):
        with database.write(actor) as session:
            record(
                session,
                START + timedelta(seconds=n),
                "thing.done",
                f"thing:{n}",
                {"n": n, "yuan": Decimal("1.50")},
            )


def problems(database: Database) -> Sequence[int]:
    return [p.position for p in verify(database)]


def tamper(database: Database, *statements: str) -> None:
    """Do what somebody with the database's password can do: take the guards off first."""
    with database.write() as session:
        guards = ["audit_entry_no_update", "audit_entry_no_delete"]
        if not database.is_sqlite:
            guards = ["audit_entry_append_only ON audit_entry"]
        for statement in (*(f"DROP TRIGGER {guard}" for guard in guards), *statements):
            session.execute(text(statement))


def test_an_untouched_chain_has_no_problem(database: Database) -> None:
    assert problems(database) == []
    write(database)
    assert problems(database) == []


def test_an_entry_says_who_did_what_and_when(database: Database) -> None:
    write(database, 1, actor="wang")
    with database.read() as session:
        entry = session.get_one(AuditEntry, 1)
    assert (entry.actor, entry.action, entry.subject, entry.at) == ("wang", "thing.done", "thing:0", START)
    assert entry.detail == '{"n":0,"yuan":"1.50"}'


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-03-03 01:00:09'",
        "actor = 'sun'",
        "action = 'x'",
        "subject = 'x'",
        "detail = '{}'",
        f"digest = '{'a' * 64}'",
    ],
)
def test_a_change_to_any_column_is_named(database: Database, change: str) -> None:
    write(database)
    tamper(database, f"UPDATE audit_entry SET {change} WHERE position = 3")
    assert 3 in problems(database)


def test_a_removed_entry_is_named(database: Database) -> None:
    write(database)
    tamper(database, "DELETE FROM audit_entry WHERE position = 3")
    assert 3 in problems(database)


def test_a_removed_tail_is_named(database: Database) -> None:
    write(database)
    tamper(database, "DELETE FROM audit_entry WHERE position > 3")
    assert problems(database) == [3]


def test_a_removed_head_is_named(database: Database) -> None:
    write(database)
    tamper(database, "DELETE FROM audit_head")
    assert problems(database) == [5]


def test_two_entries_that_changed_places_are_named(database: Database) -> None:
    write(database)
    tamper(
        database,
        "UPDATE audit_entry SET position = 99 WHERE position = 2",
        "UPDATE audit_entry SET position = 2 WHERE position = 3",
        "UPDATE audit_entry SET position = 3 WHERE position = 99",
    )
    assert {2, 3} <= set(problems(database))


def test_a_transaction_that_fails_leaves_no_entry(database: Database) -> None:
    with database.new_write() as session:
        record(session, START, "thing.done", "thing:1")
        session.flush()
    write(database, 1)
    with database.read() as session:
        assert session.get(AuditEntry, 2) is None


def test_undoing_a_savepoint_drops_only_what_was_recorded_in_it(database: Database) -> None:
    with database.write() as session:
        record(session, START, "before", "thing:1")
        undone = session.begin_nested()
        record(session, START, "undone", "thing:3")
        with session.begin_nested():
            record(session, START, "undone too", "thing:4")
        undone.rollback()
        with session.begin_nested():
            record(session, START, "kept", "thing:2")
        record(session, START, "after", "thing:5")
    with database.read() as session:
        assert [e.action for e in session.query(AuditEntry).order_by(AuditEntry.position)] == [
            "before",
            "kept",
            "after",
        ]
    assert problems(database) == []


def test_many_writers_at_once_make_one_unbroken_chain_even_from_the_first_entry_on(
    database: Database,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write(database), range(8)))
    with database.read() as session:
        assert session.query(AuditEntry).count() == 40
    assert problems(database) == []


def test_verifying_while_others_write_finds_nothing(database: Database) -> None:
    write(database, 1)
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, database, 25) for _ in range(3)]
        while not all(w.done() for w in writing):
            assert problems(database) == []
        for w in writing:
            w.result()
