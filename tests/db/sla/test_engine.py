"""The engine: fires what is due, once, with everything it causes; a poisoned row delays nobody."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select

from sla.deadlines import FIRED, Deadline, engine
from sla.deadlines.jobs import FEWEST, FIRST, fitting, tick
from sla.deadlines.models import ARMED
from sla.deadlines.watch import check_late
from tests.support.deadlines import CATALOGUE, POISON, arm_many, counts
from tests.support.world import INSTANT, World


@pytest.fixture
def bare(world: World) -> World:
    """The world with only the test's handler in it."""
    world.platform = dataclasses.replace(world.platform, catalogue=CATALOGUE)
    return world


def rows(world: World) -> list[Deadline]:
    with world.platform.db.read() as session:
        return list(session.scalars(select(Deadline).order_by(Deadline.id)))


def test_nothing_fires_at_its_due_time_and_everything_right_after(bare: World) -> None:
    arm_many(bare.platform.db, 1, bare.now, first=0)
    assert engine.fire(bare.platform) == 0
    bare.clock.advance(INSTANT)
    assert engine.fire(bare.platform) == 1
    assert engine.fire(bare.platform) == 0
    assert counts(bare.platform.db) == (1, 1)


def test_when_it_was_due_and_when_it_was_noticed_are_both_kept(bare: World) -> None:
    arm_many(bare.platform.db, 3, bare.now)
    due = [row.due_at for row in rows(bare)]
    bare.clock.advance(timedelta(hours=3))
    engine.fire(bare.platform)
    assert [(row.due_at, row.noticed_at) for row in rows(bare)] == [(at, bare.now) for at in due]


def test_a_catch_up_goes_batch_after_batch_in_the_order_they_were_due(bare: World) -> None:
    arm_many(bare.platform.db, 50, bare.now)
    bare.clock.advance(timedelta(seconds=1))
    assert engine.fire(bare.platform, limit=7) == 50
    assert counts(bare.platform.db) == (50, 50)


@pytest.mark.parametrize(
    ("fired", "seconds", "rows_next"),
    [(100, 0.3, 33), (33, 0.3, FEWEST), (100, 0.05, 200), (100, 0.001, engine.BATCH), (1, 0.0, engine.BATCH)],
)
def test_a_batch_keeps_others_from_writing_for_a_moment_only(
    fired: int, seconds: float, rows_next: int
) -> None:
    assert fitting(fired, seconds) == rows_next
    assert FEWEST <= rows_next <= engine.BATCH


def test_a_turn_ends_after_the_batch_in_hand_when_the_worker_is_told_to_stop(bare: World) -> None:
    arm_many(bare.platform.db, FIRST + 50, bare.now)
    bare.clock.advance(timedelta(seconds=1))
    bare.platform.stopping.set()
    assert tick(bare.platform) == FIRST
    bare.platform.stopping.clear()
    assert tick(bare.platform) == 50
    assert counts(bare.platform.db) == (FIRST + 50, FIRST + 50)


def test_a_catch_up_fires_each_row_once_and_says_how_many_though_two_threads_may_share_it(
    bare: World,
) -> None:
    arm_many(bare.platform.db, 12 * FIRST, bare.now)
    bare.clock.advance(timedelta(seconds=2))
    assert tick(bare.platform) == 12 * FIRST
    assert counts(bare.platform.db) == (12 * FIRST, 12 * FIRST)
    assert {row.state for row in rows(bare)} == {FIRED}
    assert tick(bare.platform) == 0


def test_a_poisoned_row_of_a_catch_up_is_held_and_all_others_fire(
    bare: World, caplog: pytest.LogCaptureFixture
) -> None:
    arm_many(bare.platform.db, 6 * FIRST, bare.now, first=POISON - 5 * FIRST)
    bare.clock.advance(timedelta(seconds=2))
    assert tick(bare.platform) == 6 * FIRST - 1
    assert [row.subject_id for row in rows(bare) if row.state == ARMED] == [POISON]
    assert "deadline" in caplog.text


def test_a_poisoned_row_delays_nobody_and_is_tried_again_less_and_less_often(
    bare: World, caplog: pytest.LogCaptureFixture
) -> None:
    arm_many(bare.platform.db, 20, bare.now, first=POISON - 10)
    bare.clock.advance(timedelta(seconds=1))
    assert engine.fire(bare.platform) == 19
    assert counts(bare.platform.db) == (19, 19)
    pauses = []
    for _ in range(8):
        poisoned = next(row for row in rows(bare) if row.state == ARMED)
        assert poisoned.subject_id == POISON
        assert poisoned.due_at < poisoned.wake_at
        pauses.append(round((poisoned.wake_at - bare.now).total_seconds()))
        bare.clock.move_to(poisoned.wake_at + INSTANT)
        assert engine.fire(bare.platform) == 0
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600]
    assert counts(bare.platform.db) == (19, 19)
    assert "deadline" in caplog.text


def test_a_subject_that_nobody_handles_is_held_and_delays_nobody(bare: World) -> None:
    arm_many(bare.platform.db, 3, bare.now)
    with bare.platform.db.write() as session:
        session.get_one(Deadline, rows(bare)[0].id).subject = "unknown"
    bare.clock.advance(timedelta(seconds=1))
    assert engine.fire(bare.platform) == 2


def test_a_handler_that_failed_leaves_nothing_of_what_it_wrote(bare: World) -> None:
    arm_many(bare.platform.db, 1, bare.now, first=POISON)
    bare.clock.advance(timedelta(seconds=1))
    engine.fire(bare.platform)
    assert counts(bare.platform.db) == (0, 0)
    assert [row.state for row in rows(bare)] == [ARMED]


def test_a_claim_reads_the_rows_that_are_due_and_not_all_that_are_armed(bare: World) -> None:
    """On SQLite as it runs, which nobody ANALYZEs."""
    db = bare.platform.db
    arm_many(db, 5_000, bare.now + timedelta(days=1))
    arm_many(db, 10, bare.now - timedelta(hours=1), first=100_000)
    written = engine._CLAIM.written(db.engine.dialect)
    with db.new_write() as session:
        cursor = session.connection().connection.cursor()
        cursor.execute(
            ("EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN ") + written.text,
            written.bind({"now": bare.now, "limit": 100}),
        )
        plan = "\n".join(str(row) for row in cursor.fetchall())
        cursor.close()
    wanted = ["USING INTEGER PRIMARY KEY", "wake_at<?"] if db.is_sqlite else ["pk_deadline", "wake_at <"]
    assert all(words in plan for words in wanted), plan
    assert "Seq Scan on deadline" not in plan, plan


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_the_idle_tick_uses_the_index_whatever_plan_postgresql_keeps(bare: World) -> None:
    """A generic plan knows neither the time nor how many rows are due; it must not read the whole table."""
    arm_many(bare.platform.db, 20_000, bare.now + timedelta(days=1))
    question = engine.ANY_DUE.statement.compile(
        dialect=bare.platform.db.engine.dialect, compile_kwargs={"render_postcompile": True}
    )
    asked = str(question) % {"now": "$1", **{k: repr(v) for k, v in question.params.items() if k != "now"}}
    asked = asked.replace("::TIMESTAMP WITH TIME ZONE", "").replace("$1", "$1::timestamptz")
    with bare.platform.db.engine.connect() as connection:
        for statement in (
            "ANALYZE deadline",
            "SET plan_cache_mode = force_generic_plan",
            f"PREPARE q AS {asked}",
        ):
            connection.exec_driver_sql(statement)
        plan = connection.exec_driver_sql("EXPLAIN EXECUTE q('2026-03-03')").scalars().all()
    assert not any("Seq Scan" in line for line in plan), plan
    assert any("ix_deadline_state_wake" in line for line in plan), plan


def test_late_deadlines_are_counted_for_the_alarm(bare: World) -> None:
    arm_many(bare.platform.db, 5, bare.now)
    bare.clock.advance(timedelta(seconds=62))
    check_late(bare.platform)
    text = bare.platform.metrics.render().decode()
    assert "shoushi_deadlines_late 5.0" in text
    engine.fire(bare.platform)
    check_late(bare.platform)
    assert "shoushi_deadlines_late 0.0" in bare.platform.metrics.render().decode()
    assert {row.state for row in rows(bare)} == {FIRED}


def test_what_fired_and_how_late_shows_in_the_metrics(bare: World) -> None:
    arm_many(bare.platform.db, 4, bare.now)
    bare.clock.advance(timedelta(seconds=1))
    engine.fire(bare.platform)
    text = bare.platform.metrics.render().decode()
    assert 'shoushi_deadlines_fired_total{clock="c"} 4.0' in text
    assert "shoushi_deadline_lag_seconds_count 4.0" in text
