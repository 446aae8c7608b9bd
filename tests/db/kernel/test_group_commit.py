"""Group commit: one COMMIT for all that wait, nobody answered before it, nobody harmed by a neighbour."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from kernel import audit, feed
from kernel.db import Database
from kernel.db import group as group_commit
from kernel.db.numbering import Counter, next_number
from kernel.errors import Conflict
from tests.support.world import START

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT = 20


def deed(name: str) -> Callable[[Session], str]:
    """Count, record, announce: what a request does."""

    def work(session: Session) -> str:
        next_number(session, name)
        audit.record(session, START, "thing.done", name)
        feed.announce(session, START, "thing", f"/{name}")
        return name

    return work


def failing(name: str) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        deed(name)(session)
        raise Conflict("impossible")

    return work


class Plug:
    """A first work that keeps the writer busy, so that what follows gathers in one batch."""

    def __init__(self, database: Database) -> None:
        self._go = threading.Event()
        begun = threading.Event()

        def work(_session: Session) -> None:
            begun.set()
            assert self._go.wait(TIMEOUT)

        database.group.submit("plug", work)
        assert begun.wait(TIMEOUT)

    def pull(self) -> None:
        self._go.set()


@pytest.fixture
def plug(database: Database) -> Iterator[Plug]:
    made = Plug(database)
    yield made
    made.pull()


def submit(database: Database, *works: Callable[[Session], Any]) -> list[Future[Any]]:
    return [database.group.submit(f"user{n}", work) for n, work in enumerate(works)]


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Counter.series).order_by(Counter.series)))


def subjects(database: Database) -> list[tuple[str, str]]:
    wanted = select(audit.AuditEntry.actor, audit.AuditEntry.subject).order_by(audit.AuditEntry.position)
    with database.read() as session:
        return [tuple(row) for row in session.execute(wanted)]


def urls(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(feed.FeedRow.url).order_by(feed.FeedRow.id)))


def commits(database: Database) -> list[int]:
    seen: list[int] = []
    event.listen(database.write_engine, "commit", lambda _connection: seen.append(1))
    return seen


def test_what_waits_is_committed_together(database: Database, plug: Plug) -> None:
    seen = commits(database)
    waiting = submit(database, *(deed(f"s{n}") for n in range(30)))
    plug.pull()
    assert [done.result(TIMEOUT) for done in waiting] == [f"s{n}" for n in range(30)]
    assert len(seen) == 1
    assert len(names(database)) == 30
    assert subjects(database)[:2] == [("user0", "s0"), ("user1", "s1")]
    assert list(audit.verify(database)) == []


def test_a_failing_work_gets_its_error_and_its_neighbours_their_results(
    database: Database, plug: Plug
) -> None:
    first, bad, last = submit(database, deed("a"), failing("b"), deed("c"))
    plug.pull()
    assert (first.result(TIMEOUT), last.result(TIMEOUT)) == ("a", "c")
    with pytest.raises(Conflict):
        bad.result(TIMEOUT)
    assert names(database) == ["a", "c"]
    assert subjects(database) == [("user0", "a"), ("user2", "c")]
    assert urls(database) == ["/a", "/c"]
    assert list(audit.verify(database)) == []


def test_savepoints_are_taken_only_when_a_work_raises(database: Database) -> None:
    taken: list[str] = []
    event.listen(database.write_engine, "savepoint", lambda _connection, name: taken.append(name))

    def good(session: Session) -> None:
        session.connection()

    def bad(session: Session) -> None:
        good(session)
        raise Conflict("impossible")

    for works, savepoints in (([good, good], 0), ([good, bad, good], 3)):
        plug = Plug(database)
        waiting = submit(database, *works)
        plug.pull()
        outcomes = [done.exception(TIMEOUT) for done in waiting]
        assert [type(each) for each in outcomes if each] == [Conflict] * works.count(bad)
        assert len(taken) == savepoints


def test_a_work_that_fails_alone_leaves_nothing(database: Database) -> None:
    assert isinstance(database.group.submit("lin", failing("a")).exception(TIMEOUT), Conflict)
    assert (names(database), subjects(database), urls(database)) == ([], [], [])


def test_a_work_that_breaks_a_constraint_harms_only_itself(database: Database, plug: Plug) -> None:
    def twice(session: Session) -> None:
        session.add_all([Counter(series="x", value=1), Counter(series="y", value=1)])
        session.flush()
        session.connection().exec_driver_sql("INSERT INTO counter (series, value) VALUES ('x', 2)")

    before, bad, after = submit(database, deed("a"), twice, deed("c"))
    plug.pull()
    assert (before.result(TIMEOUT), after.result(TIMEOUT)) == ("a", "c")
    assert isinstance(bad.exception(TIMEOUT), IntegrityError)
    assert names(database) == ["a", "c"]


def test_nobody_is_answered_before_the_commit(
    database: Database, plug: Plug, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = submit(database, deed("a"), deed("b"))
    answered: list[bool] = []
    commit = Session.commit

    def watched(session: Session) -> None:
        answered.extend(done.done() for done in waiting)
        commit(session)

    monkeypatch.setattr(Session, "commit", watched)
    plug.pull()
    assert [done.result(TIMEOUT) for done in waiting] == ["a", "b"]
    assert not any(answered)


def test_when_the_commit_fails_each_is_done_again_alone(
    database: Database, plug: Plug, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = submit(database, deed("a"), failing("b"), deed("c"))
    commit, calls = Session.commit, []

    def once_broken(session: Session) -> None:
        calls.append(1)
        if len(calls) == 2:  # the first is the plug's
            raise OperationalError("COMMIT", None, Exception("disk I/O error"))
        commit(session)

    monkeypatch.setattr(Session, "commit", once_broken)
    plug.pull()
    assert [type(done.exception(TIMEOUT)) for done in waiting] == [type(None), Conflict, type(None)]
    assert subjects(database) == [("user0", "a"), ("user2", "c")]
    assert list(audit.verify(database)) == []


def test_a_connection_lost_during_the_commit_is_not_done_again(
    database: Database, plug: Plug, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been committed: twice would be worse than an error."""
    waiting = submit(database, deed("a"), deed("b"))

    def lost(session: Session) -> None:
        raise OperationalError("COMMIT", None, Exception("gone"), connection_invalidated=True)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "commit", lost)
        plug.pull()
        assert [type(done.exception(TIMEOUT)) for done in waiting] == [OperationalError] * 2
    assert database.group.submit("lin", deed("z")).result(TIMEOUT) == "z"
    assert names(database) == ["z"]


def test_what_is_given_up_while_it_waits_is_not_done(database: Database, plug: Plug) -> None:
    kept, dropped = submit(database, deed("a"), deed("b"))
    assert dropped.cancel()
    plug.pull()
    assert kept.result(TIMEOUT) == "a"
    assert names(database) == ["a"]


def test_who_awaits_is_told_in_his_loop_and_a_loop_that_has_ended_harms_nobody(database: Database) -> None:
    async def both() -> list[Any]:
        waiting = [database.group.awaited("lin", deed("a")), database.group.awaited("lin", failing("b"))]
        return await asyncio.gather(*waiting, return_exceptions=True)

    told = asyncio.run(both())
    assert told[0] == "a"
    assert isinstance(told[1], Conflict)

    async def leave() -> None:
        database.group.awaited("lin", deed("c"))

    plug = Plug(database)
    asyncio.run(leave())
    plug.pull()
    assert database.group.submit("lin", deed("d")).result(TIMEOUT) == "d"
    assert names(database) == ["a", "c", "d"]


def test_whoever_stops_awaiting_is_not_done(database: Database) -> None:
    async def give_up() -> None:
        waiting = database.group.awaited("lin", deed("a"))
        waiting.cancel()

    plug = Plug(database)
    asyncio.run(give_up())
    plug.pull()
    assert database.group.submit("lin", deed("b")).result(TIMEOUT) == "b"
    assert names(database) == ["b"]


def test_a_full_queue_asks_to_come_again(
    database: Database, plug: Plug, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "WAITING", 2)
    submit(database, deed("a"), deed("b"))
    with pytest.raises(group_commit.Full) as refused:
        database.group.submit("lin", deed("c"))
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})


def test_closing_finishes_what_is_queued(database: Database, plug: Plug) -> None:
    waiting = submit(database, deed("a"), deed("b"))
    threading.Timer(0.1, plug.pull).start()
    database.close()
    assert [done.result(0) for done in waiting] == ["a", "b"]


def test_whoever_was_answered_before_kill_9_is_in_the_database(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.support.group_worker", database_url]
    worker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    answered = [int(worker.stdout.readline()) for _ in range(300)]
    worker.kill()
    answered += [int(line) for line in worker.communicate()[0].split("\n")[:-1]]
    database = Database(database_url)
    try:
        with database.read() as session:
            last = session.scalar(select(Counter.value))
            entries = session.scalar(select(func.count()).select_from(audit.AuditEntry))
        assert last == entries
        assert len(set(answered)) == len(answered)
        assert max(answered) <= last
        assert list(audit.verify(database)) == []
    finally:
        database.close()
