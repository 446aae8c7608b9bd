"""The migrations make what the models say, on both databases, and can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from kernel.db import Base, Database
from kernel.db.migrate import current, downgrade, head, require_current, upgrade
from kernel.errors import ConfigError
from tests.support.cli import Shoushi, runner
from tests.support.people import PASSWORD

APPEND_ONLY = ("audit_entry", "incident_event", "sla_verdict", "penalty_entry")


@pytest.fixture
def migrated(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def shoushi(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shoushi:
    return runner({"SHOUSHI_DATABASE_URL": empty_url, "SHOUSHI_DATA_DIR": str(tmp_path)}, monkeypatch)


def test_after_an_upgrade_the_schema_is_what_the_models_say(migrated: Database) -> None:
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    require_current(migrated)


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_written_rows_of_append_only_tables_cannot_be_changed_or_removed(
    migrated: Database, table: str, verb: str
) -> None:
    setter = "digest = 'x'" if "digest" in _columns(table) else "at = at"
    statement = f"UPDATE {table} SET {setter}" if verb == "UPDATE" else f"DELETE FROM {table}"
    with migrated.write() as session:
        _insert_anything(session, table, migrated)
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(statement))
        session.rollback()


def _columns(table: str) -> list[str]:
    return list(Base.metadata.tables[table].columns.keys())


def _insert_anything(session: Session, table: str, database: Database) -> None:
    """Insert a row without its parents, which this transaction never has to show anybody."""
    before, after = (
        ("PRAGMA defer_foreign_keys = ON", "SELECT 1")
        if database.is_sqlite
        else ("SET LOCAL session_replication_role = replica", "SET LOCAL session_replication_role = origin")
    )
    values = {c: "2026-03-03 01:00" if c.endswith("at") or c == "as_of" else "1" for c in _columns(table)}
    literals = ", ".join(f"'{v}'" for v in values.values())
    for statement in (before, f"INSERT INTO {table} ({', '.join(values)}) VALUES ({literals})", after):
        session.execute(text(statement))


def test_a_downgrade_to_base_leaves_nothing(migrated: Database) -> None:
    downgrade(migrated, "base")
    left = [name for name in inspect(migrated.engine).get_table_names() if name != "alembic_version"]
    assert left == []
    assert current(migrated) is None
    if not migrated.is_sqlite:
        with migrated.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'shoushi%'")) == 0
    upgrade(migrated)
    assert current(migrated) == head()


def test_a_database_without_schema_is_refused_with_the_command_to_run(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(ConfigError, match="shoushi init"):
        require_current(database)
    database.close()


def test_init_creates_the_administrators_once_however_often_it_runs(shoushi: Shoushi, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    first, second = shoushi("init", "--password-file", secret), shoushi("init", "--password-file", secret)
    assert (first.status, second.status) == (0, 0)
    assert "sysadmin" in first.out
    assert second.out == "数据库已是最新。\n"
    people = shoushi("user", "list").out
    assert people.count("\n") == 4
    assert "平台巡检账户" in people, "by which the platform's own login probe logs in"


def test_init_that_failed_on_a_bad_password_can_be_repeated(shoushi: Shoushi, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("short")
    refused = shoushi("init", "--password-file", secret)
    assert refused.status == 1
    assert "密码" in refused.err
    secret.write_text(PASSWORD)
    assert "sysadmin" in shoushi("init", "--password-file", secret).out


def test_migrate_to_an_unknown_revision_is_refused(shoushi: Shoushi) -> None:
    refused = shoushi("migrate", "no-such-revision")
    assert refused.status == 2
    assert "no-such-revision" in refused.err
