"""Many rows in, their keys out; numbers by the dozen."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, table_of
from kernel.db.numbering import next_number, next_numbers
from kernel.db.prepared import INSERT_MOST, prepared_insert
from kernel.feed import FeedRow
from tests.support.world import START

INSERT = prepared_insert(table_of(FeedRow), returning=("url", "id"), given_by_database="id")


@pytest.mark.parametrize("many", [0, 1, 2, INSERT_MOST, 2 * INSERT_MOST + 7])
def test_every_row_gets_its_own_key(database: Database, many: int) -> None:
    rows = [{"at": START, "type": "incident", "url": f"/{place}"} for place in range(many)]
    with database.write("lin") as session:
        keys = dict(INSERT.returned(session, rows))
        assert list(keys) == [row["url"] for row in rows]
    with database.read() as session:
        assert {row.url: row.id for row in session.scalars(select(FeedRow))} == keys


def test_a_row_that_breaks_a_rule_is_told_as_sqlalchemy_tells_it(database: Database) -> None:
    rows = [{"at": START, "type": kind, "url": "/"} for kind in ("incident", None)]
    with pytest.raises(IntegrityError), database.write("lin") as session:
        INSERT.returned(session, rows)
    with database.read() as session:
        assert session.scalars(select(FeedRow)).all() == []


def test_numbers_by_the_dozen_follow_each_other(database: Database) -> None:
    with database.write("lin") as session:
        assert list(next_numbers(session, "a", 12)) == list(range(1, 13))
        assert next_number(session, "a") == 13
        assert list(next_numbers(session, "b", 1)) == [1]
        assert list(next_numbers(session, "a", 3)) == [14, 15, 16]
