"""Statements about a list of keys: any length, each key once, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select, update

from kernel.db import Database, table_of
from kernel.db.numbering import Counter
from kernel.db.prepared import LIST_MOST, Listed

COUNTER = table_of(Counter)
FOUND = Listed(lambda keys: select(COUNTER.c.series).where(COUNTER.c.series.in_(keys)), COUNTER.c.series.type)
SET = Listed(
    lambda keys: update(COUNTER).where(COUNTER.c.series.in_(keys)).values(value=bindparam("new")),
    COUNTER.c.series.type,
)


@pytest.fixture
def many(database: Database) -> Database:
    """A database with more counters than one list of a statement names."""
    with database.write() as session:
        session.add_all(Counter(series=f"s{n:04}", value=n) for n in range(LIST_MOST + 90))
    return database


@pytest.mark.parametrize("size", [0, 1, 3, LIST_MOST, LIST_MOST + 7])
def test_what_is_listed_is_found_and_nothing_else(many: Database, size: int) -> None:
    keys = [f"s{n:04}" for n in range(size)]
    with many.read() as session:
        found = FOUND.rows(session, [*keys, "none such"] if keys else [])
    assert sorted(row[0] for row in found) == keys


def test_a_key_said_twice_counts_once(many: Database) -> None:
    with many.read() as session:
        assert [row[0] for row in FOUND.rows(session, ["s0001", "s0001", "s0001"])] == ["s0001"]


@pytest.mark.parametrize("size", [0, 1, LIST_MOST + 7])
def test_only_what_is_listed_is_changed(many: Database, size: int) -> None:
    with many.write() as session:
        SET.run(session, [f"s{n:04}" for n in range(size)], {"new": 9999})
    with many.read() as session:
        changed = session.scalars(select(Counter.series).where(Counter.value == 9999)).all()
    assert sorted(changed) == [f"s{n:04}" for n in range(size)]


def test_a_list_may_come_with_other_values(many: Database) -> None:
    above = Listed(
        lambda keys: select(COUNTER.c.series).where(
            COUNTER.c.series.in_(keys), COUNTER.c.value > bindparam("least")
        ),
        COUNTER.c.series.type,
    )
    with many.read() as session:
        found = above.rows(session, [f"s{n:04}" for n in range(LIST_MOST + 7)], {"least": LIST_MOST})
    assert sorted(row[0] for row in found) == [f"s{LIST_MOST + n:04}" for n in range(1, 7)]
