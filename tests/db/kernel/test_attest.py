"""Whoever changes a record behind the platform's back is found out, and the record is named."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kernel.audit.attest import all_problems
from tests.support.stories import story
from tests.support.world import World


def tamper(world: World, table: str, statement: str) -> None:
    """Do what somebody with the database's password can do: take the guards off first."""
    database = world.platform.db
    with database.write() as session:
        guards = [f"{table}_no_update", f"{table}_no_delete"] if database.is_sqlite else []
        if not database.is_sqlite:
            guards = [f"{table}_append_only ON {table}"]
        for each in (*(f"DROP TRIGGER {guard}" for guard in guards), statement):
            session.execute(text(each))


@pytest.fixture
def late(world: World) -> str:
    return answered_late(world)


@story
def answered_late(world: World) -> str:
    number = world.report()
    world.run_for(hours=5)
    world.happen(number, "responded", text="已到场")
    return number


def test_untouched_records_agree_with_the_chain(world: World, late: str) -> None:
    assert late
    assert list(all_problems(world.platform)) == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("incident_event", "text = 'x'"),
        ("incident_event", "actor = 'sun'"),
        ("incident_event", "actor_name = 'x'"),
        ("incident_event", "type = 'progress'"),
        ("incident_event", "data = '[]'"),
        ("incident_event", "seq = 99"),
        ("sla_verdict", "result = '{}'"),
        ("sla_verdict", "cause = 'x'"),
        ("sla_verdict", f"digest = '{'a' * 64}'"),
        ("sla_verdict", "version = 99"),
    ],
)
def test_a_changed_record_is_named(world: World, late: str, table: str, change: str) -> None:
    tamper(world, table, f"UPDATE {table} SET {change} WHERE id = (SELECT max(id) FROM {table})")
    problems = list(all_problems(world.platform))
    assert problems
    assert all(late in problem for problem in problems)


@pytest.mark.parametrize("table", ["incident_event", "sla_verdict"])
def test_a_missing_record_is_named(world: World, late: str, table: str) -> None:
    tamper(world, table, f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")
    [problem] = all_problems(world.platform)
    assert late in problem
    assert "缺失" in problem


def test_a_record_slipped_in_is_named(world: World, late: str) -> None:
    columns = "incident_id, at, type, text, data, actor, actor_name, recorded_at"
    statement = f"INSERT INTO incident_event (seq, {columns}) SELECT 50, {columns} FROM incident_event"
    tamper(world, "incident_event", f"{statement} WHERE seq = 1")
    [problem] = all_problems(world.platform)
    assert f"{late}#50" in problem


def test_a_contract_text_that_is_no_longer_its_version_is_named(world: World, late: str) -> None:
    assert late
    with world.platform.db.write() as session:
        session.execute(text("UPDATE contract_version SET text = replace(text, '2300000.00', '2300000.10')"))
    [problem] = all_problems(world.platform)
    assert "合同版本" in problem
