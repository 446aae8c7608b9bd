"""Rows written together with others': nobody can tell when, and what is undone is not written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import bindparam, event, select, update
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session

from kernel import audit
from kernel.db import Database, table_of
from kernel.db.bulk import insert_later, insert_many
from kernel.db.later import savepoint
from kernel.db.numbering import Counter
from kernel.db.prepared import INSERT_MOST, Listed, Prepared
from kernel.feed import FeedRow
from kernel.jobs.models import JobState
from tests.support.world import START

_TABLE = table_of(Counter)
_VALUE = Prepared(select(_TABLE.c.value).where(_TABLE.c.series == bindparam("name")))
_MORE = Prepared(update(_TABLE).where(_TABLE.c.series == bindparam("name")).values(value=_TABLE.c.value + 1))
_OF = Listed(lambda keys: select(_TABLE.c.value).where(_TABLE.c.series.in_(keys)), _TABLE.c.series.type)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.new_write() as opened:
        yield opened


def keep(session: Session, *names: str) -> None:
    insert_later(session, Counter, [{"series": name, "value": 1} for name in names])


def kept(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Counter.series).order_by(Counter.series)))


def statements(database: Database) -> list[str]:
    said: list[str] = []
    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", lambda _c, _cursor, text, *_rest: said.append(text))
    return said


def test_what_several_kept_is_one_statement_at_the_commit(database: Database, session: Session) -> None:
    said = statements(database)
    for name in "abcd":
        keep(session, name)
        insert_later(session, FeedRow, [{"at": START, "type": name, "url": "/"}])
    assert said == []
    session.commit()
    inserts = [text for text in said if text.startswith("INSERT")]
    assert [text.split()[2] for text in inserts] == ["counter", "feed_item"]
    assert kept(database) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("asked", ["orm", "get", "prepared", "listed", "changed"])
def test_whoever_asks_finds_it_written(session: Session, asked: str) -> None:
    keep(session, "a")
    found = {
        "orm": lambda: session.scalar(select(Counter.value)),
        "get": lambda: session.get_one(Counter, "a").value,
        "prepared": lambda: _VALUE.scalar(session, {"name": "a"}),
        "listed": lambda: _OF.rows(session, ["a"])[0][0],
        "changed": lambda: _MORE.run(session, {"name": "a"}) or _VALUE.scalar(session, {"name": "a"}) - 1,
    }[asked]()
    assert found == 1


def test_a_question_about_another_table_leaves_it_waiting(database: Database, session: Session) -> None:
    keep(session, "a")
    session.connection()
    said = statements(database)
    Prepared(select(FeedRow.id)).rows(session, {})
    assert not any(text.startswith("INSERT") for text in said)


def test_what_is_undone_is_not_written(database: Database, session: Session) -> None:
    keep(session, "a")
    session.rollback()
    keep(session, "b")
    session.commit()
    assert kept(database) == ["b"]


@pytest.mark.parametrize("asks", [False, True], ids=["waiting", "written inside"])
def test_a_savepoint_undoes_only_what_came_after_it(database: Database, session: Session, asks: bool) -> None:
    keep(session, "before")
    undone = savepoint(session)
    keep(session, "inside")
    assert not asks or _VALUE.scalar(session, {"name": "inside"}) == 1
    undone.rollback()
    with savepoint(session):
        keep(session, "kept inside")
    keep(session, "after")
    session.commit()
    assert kept(database) == ["after", "before", "kept inside"]


def test_a_row_that_cannot_be_written_fails_the_commit_and_leaves_nothing(
    database: Database, session: Session
) -> None:
    keep(session, "a", "a")
    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()
    assert kept(database) == []


@pytest.mark.parametrize("number", [0, 1, 2, 3, 19, 20, 63, 64, 65, 2 * INSERT_MOST + 7])
def test_any_number_of_rows_is_inserted_in_order(database: Database, number: int) -> None:
    with database.write() as session:
        insert_many(session, FeedRow, [{"at": START, "type": f"{n}", "url": "/"} for n in range(number)])
    with database.read() as session:
        found = session.execute(select(FeedRow.type, FeedRow.at).order_by(FeedRow.id)).all()
    assert [tuple(row) for row in found] == [(f"{n}", START) for n in range(number)]


def test_gathered_rows_are_the_same_rows(database: Database) -> None:
    words = ["", "'\"\\", "公文\n\t", '{"a": [1]}', "null", "😀", "\x01"]
    with database.write() as session:
        insert_many(session, FeedRow, [{"at": START, "type": w, "url": "/"} for w in words])
        wanted = select(FeedRow.id, FeedRow.at, FeedRow.type, bindparam("nothing", None)).order_by(
            FeedRow.id.desc()
        )
        plain, gathered = (Prepared(wanted, gathered=each).rows(session, {}) for each in (False, True))
        assert [tuple(row) for row in gathered] == [tuple(row) for row in plain]
        assert [row[2] for row in plain] == words[::-1]
        none = Prepared(wanted.where(FeedRow.id < 0), gathered=True)
        assert list(none.rows(session, {})) == []


def test_the_end_of_the_audit_chain_is_the_last_lock(database: Database, session: Session) -> None:
    said = statements(database)
    audit.record(session, START, "thing.done", "a")
    keep(session, "a")
    session.commit()
    kept_at, locked_at = (
        next(n for n, text in enumerate(said) if words in text)
        for words in ("INTO counter", "FROM audit_head")
    )
    assert kept_at < locked_at


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_floats_and_bytes_are_not_gathered(session: Session) -> None:
    with pytest.raises(TypeError, match="floats"):
        Prepared(select(JobState.lateness), gathered=True).rows(session, {})


def test_what_an_object_holds_is_written_before_a_prepared_question(session: Session) -> None:
    found = Counter(series="a", value=1)
    session.add(found)
    assert _VALUE.scalar(session, {"name": "a"}) == 1
    found.value = 2
    _MORE.run(session, {"name": "a"})
    assert _OF.rows(session, ["a"])[0][0] == 3


def test_nothing_prepared_is_said_outside_a_transaction_that_has_failed(
    database: Database, session: Session
) -> None:
    with database.write() as other:
        insert_many(other, Counter, [{"series": "a", "value": 1}])
    assert _VALUE.scalar(session, {"name": "a"}) == 1
    session.add(Counter(series="a", value=2))
    with pytest.raises(IntegrityError):
        session.flush()
    with pytest.raises(PendingRollbackError):
        _MORE.run(session, {"name": "a"})
    session.rollback()
    assert _VALUE.scalar(session, {"name": "a"}) == 1


def test_a_prepared_statement_goes_into_the_savepoint_it_is_said_in(
    database: Database, session: Session
) -> None:
    insert_many(session, Counter, [{"series": "a", "value": 1}])
    undone = savepoint(session)
    _MORE.run(session, {"name": "a"})
    undone.rollback()
    _MORE.run(session, {"name": "a"})
    session.commit()
    with database.read() as reading:
        assert _VALUE.scalar(reading, {"name": "a"}) == 2
