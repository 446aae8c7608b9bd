"""Arming: the armed rows are what is wanted, and history stays readable."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from kernel.db import Database
from sla.deadlines import ARMED, CANCELLED, FIRED, Deadline, arm
from tests.support.databases import create_schema
from tests.support.deadlines import Due
from tests.support.world import START

Row = tuple[str, str, int, int]


def due(clock: str, rung: str, minutes: float) -> Due:
    return Due(clock, rung, START + timedelta(minutes=minutes))


def want(database: Database, *wanted: Due, at: float = 0, subject: int = 1) -> int:
    with database.write() as session:
        return arm(session, START + timedelta(minutes=at), "test", subject, wanted)


def rows(database: Database, subject: int = 1) -> list[Row]:
    with database.read() as session:
        found = session.scalars(select(Deadline).where(Deadline.subject_id == subject).order_by(Deadline.id))
        return [(d.clock, d.rung, d.generation, d.state) for d in found]


def mark_fired(database: Database, at: datetime) -> None:
    with database.write() as session:
        session.execute(
            update(Deadline)
            .where(Deadline.state == ARMED, Deadline.due_at < at)
            .values(state=FIRED, noticed_at=at)
        )


def test_what_is_wanted_is_armed_once_however_often_it_is_asked_for(database: Database) -> None:
    wanted = [due("response", "breach", 30), due("repair", "50", 120)]
    assert want(database, *wanted) == 2
    assert want(database, *wanted) == 0
    assert rows(database) == [("response", "breach", 0, ARMED), ("repair", "50", 0, ARMED)]


def test_a_deadline_that_moves_is_cancelled_and_armed_under_the_next_generation(database: Database) -> None:
    want(database, due("repair", "breach", 240))
    assert want(database, due("repair", "breach", 300)) == 2
    assert want(database, due("repair", "breach", 240)) == 2
    assert rows(database) == [
        ("repair", "breach", 0, CANCELLED),
        ("repair", "breach", 1, CANCELLED),
        ("repair", "breach", 2, ARMED),
    ]


def test_what_is_no_longer_wanted_is_cancelled(database: Database) -> None:
    want(database, due("response", "breach", 30), due("repair", "breach", 240))
    assert want(database, due("repair", "breach", 240)) == 1
    assert [state for *_, state in rows(database)] == [CANCELLED, ARMED]


def test_a_row_that_is_already_due_is_left_to_fire(database: Database) -> None:
    want(database, due("response", "breach", 30))
    assert want(database, at=30.001) == 0
    assert [state for *_, state in rows(database)] == [ARMED]


def test_what_has_fired_is_not_armed_again_for_the_same_time(database: Database) -> None:
    want(database, due("response", "breach", 30))
    mark_fired(database, START + timedelta(minutes=31))
    assert want(database, due("response", "breach", 30), at=31) == 0
    assert want(database, due("response", "breach", 45), at=31) == 1
    assert rows(database)[-1] == ("response", "breach", 1, ARMED)


def test_what_fired_by_a_clock_that_was_ahead_is_armed_again(database: Database) -> None:
    want(database, due("response", "breach", 30))
    mark_fired(database, START + timedelta(minutes=90))
    assert want(database, due("response", "breach", 30), at=5) == 1
    assert rows(database)[-1] == ("response", "breach", 1, ARMED)


def test_subjects_do_not_touch_each_other(database: Database) -> None:
    want(database, due("response", "breach", 30), subject=1)
    want(database, due("response", "breach", 40), subject=2)
    want(database, subject=1)
    assert [state for *_, state in rows(database, 2)] == [ARMED]


def test_a_transaction_that_fails_arms_nothing(database: Database) -> None:
    with database.new_write() as session:
        arm(session, START, "test", 1, [due("response", "breach", 30)])
    assert rows(database) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_cancelling_does_not_wait_for_rows_that_the_engine_has_claimed(database: Database) -> None:
    """The engine locks deadlines, then incidents; an event the other way round. Waiting could dead-lock."""
    want(database, due("response", "breach", 30))
    with database.new_write() as engine:
        engine.execute(select(Deadline).with_for_update())
        thread = threading.Thread(target=want, args=(database,))
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert [state for *_, state in rows(database)] == [ARMED]


KEYS = st.sampled_from([("response", "breach"), ("repair", "50"), ("repair", "breach"), ("long", "breach")])
PLANS = st.dictionaries(KEYS, st.integers(0, 20), max_size=4)
STEPS = st.lists(st.tuples(st.integers(0, 5), st.booleans(), PLANS), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder: Path = tmp_path_factory.mktemp("arm")
    return Database(f"sqlite:///{folder}/arm.sqlite", synchronous="OFF")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_any_story_exactly_the_wanted_and_the_overdue_are_armed(
    fast: Database, steps: Sequence[tuple[int, bool, dict[tuple[str, str], int]]]
) -> None:
    create_schema(fast)
    with fast.write() as session:
        session.execute(delete(Deadline))
    clock, fired_at = 0, -1
    for minutes, fires, plan in steps:
        clock += minutes
        now = START + timedelta(minutes=clock)
        if fires:
            mark_fired(fast, now)
            fired_at = clock
        overdue = {(d.clock, d.rung, d.due_at) for d in armed(fast) if d.due_at < now}
        wanted = [due(*key, m) for key, m in plan.items()]
        want(fast, *wanted, at=clock)
        expected = {tuple(w) for w in wanted} - {tuple(w) for w in wanted if _has_fired(fast, w)} | overdue
        assert {(d.clock, d.rung, d.due_at) for d in armed(fast)} == expected
        assert want(fast, *wanted, at=clock) == 0
    assert fired_at <= clock
    fast.close()


def armed(database: Database) -> Sequence[Deadline]:
    with database.read() as session:
        return session.scalars(select(Deadline).where(Deadline.state == ARMED)).all()


def _has_fired(database: Database, wanted: Due) -> bool:
    with database.read() as session:
        found = select(Deadline.id).where(
            Deadline.state == FIRED,
            Deadline.clock == wanted.clock,
            Deadline.rung == wanted.rung,
            Deadline.due_at == wanted.due_at,
        )
        return session.scalar(found.limit(1)) is not None
