"""A seal a day; whoever rewrites the chain with all its digests still cannot make the old seals fit."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from kernel.audit import AuditEntry, record
from kernel.audit.attest import all_problems
from kernel.audit.models import AuditSeal
from kernel.audit.seals import as_file, newest, seal_yesterday, verify_file
from kernel.audit.service import entry_digest
from tests.support.world import World


def write(world: World) -> None:
    with world.platform.db.write("lin") as session:
        record(session, world.now, "thing.done", "thing:1", {"yuan": "1.50"})


@pytest.fixture
def sealed(world: World) -> World:
    """Three days with a seal each."""
    for _day in range(3):
        write(world)
        world.clock.move_to(world.now + timedelta(days=1))
        assert seal_yesterday(world.platform) == 1
    return world


def seals(world: World) -> list[AuditSeal]:
    with world.platform.db.read() as session:
        return list(newest(session))


def rewrite(world: World, *statements: str) -> None:
    database = world.platform.db
    tables = ("audit_entry", "audit_seal")
    with database.write() as session:
        for table in tables:
            guards = [f"{table}_no_update", f"{table}_no_delete"]
            for guard in guards if database.is_sqlite else [f"{table}_append_only ON {table}"]:
                session.execute(text(f"DROP TRIGGER {guard}"))
        for statement in statements:
            session.connection().exec_driver_sql(statement)


def test_a_day_is_sealed_once_after_it_has_ended(sealed: World) -> None:
    assert seal_yesterday(sealed.platform) == 0
    assert [s.day for s in seals(sealed)] == ["2026-03-05", "2026-03-04", "2026-03-03"]
    assert list(all_problems(sealed.platform)) == []


def test_nothing_is_sealed_before_there_is_anything(world: World) -> None:
    world.clock.move_to(world.now - timedelta(days=30))
    assert seal_yesterday(world.platform) == 0


def test_a_chain_rewritten_with_all_its_digests_does_not_fit_its_seals(sealed: World) -> None:
    with sealed.platform.db.read() as session:
        entries = [
            dict(r._mapping)
            for r in session.execute(select(*AuditEntry.__table__.columns).order_by("position"))
        ]
    forged, previous = [], "0" * 64
    for entry in entries:
        if entry["subject"] == "thing:1":
            entry["detail"] = '{"yuan":"9.99"}'
        row = type("Row", (), entry)
        previous = entry_digest(previous, entry["position"], row)
        forged.append(f"UPDATE audit_entry SET detail = '{entry['detail']}', digest = '{previous}' "
                      f"WHERE position = {entry['position']}")  # fmt: skip
    rewrite(sealed, *forged, f"UPDATE audit_head SET digest = '{previous}'")
    problems = list(all_problems(sealed.platform))
    assert problems
    assert all("seal:2026-03-0" in p and "不再是封印时的内容" in p for p in problems)


@pytest.mark.parametrize(
    "change",
    [
        "position = 1",
        f"head = '{'a' * 64}'",
        f"signature = '{'a' * 128}'",
        "day = '2026-03-09'",
        "previous = ''",
    ],
)
def test_a_changed_seal_is_named(sealed: World, change: str) -> None:
    rewrite(sealed, f"UPDATE audit_seal SET {change} WHERE day = '2026-03-04'")
    assert any("seal:2026-03-0" in p for p in all_problems(sealed.platform))


def test_a_seal_taken_away_is_named(sealed: World) -> None:
    rewrite(sealed, "DELETE FROM audit_seal WHERE day = '2026-03-04'")
    assert any("seal:2026-03-04" in p for p in all_problems(sealed.platform))


def test_a_seal_file_is_checked_without_a_database(sealed: World) -> None:
    found = json.loads(json.dumps(as_file(seals(sealed)[0])))
    assert verify_file(found) == []
    for name, value in (
        ("position", 1),
        ("head", "b" * 64),
        ("day", "2026-03-01"),
        ("sealed_at", "x"),
        ("previous", ""),
    ):
        assert verify_file({**found, name: value}) != []
    assert verify_file({"form": "shoushi-seal-1"}) == ["封印文件不完整"]


def test_the_private_key_is_in_no_table_and_no_file_but_its_own(sealed: World) -> None:
    folder = sealed.platform.settings.data_dir
    key = (folder / "signing.key").read_text()
    assert all(
        key.encode() not in p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "signing.key"
    )
