"""A table is dropped and comes back from backup and archive, hash for hash."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.e2e.playbooks import postgres
from tests.e2e.playbooks.lab import Lab
from tests.e2e.playbooks.writer import scalar
from tests.support.process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks")]


def dsn(lab: Lab) -> str:
    return lab.text(lab.described["vars"]["pg_dsn"])


def there(lab: Lab) -> bool:
    query = lab.text(lab.described["probes"]["documents_ok"]["query"])
    try:
        return int(scalar(dsn(lab), query)) == 1
    except psycopg.errors.UndefinedTable:
        return False


def add(lab: Lab, query: str) -> None:
    with psycopg.connect(dsn(lab), autocommit=True) as connection:
        connection.execute(query.encode())


def test_the_table_comes_back_with_the_rows_written_after_the_backup(lab: Callable[..., Lab]) -> None:
    drill = lab("pg_restore", pg_bin=postgres.need())
    drill.run("inject.yml")
    assert not there(drill)
    drill.neglect("pg1")
    wait_for(lambda: there(drill), "the target to heal itself from the safety copy", 60)
    assert drill.run("verify.yml")["md5_equal"] is True
    add(drill, "INSERT INTO documents (body) VALUES ('the last word before the mistake')")
    assert drill.run("verify.yml")["md5_equal"] is False, "the comparison can fail"
    drill.run("inject.yml")
    assert not there(drill)
    add(drill, "INSERT INTO drill_probe (n) VALUES (1)")  # others go on writing
    drill.run("respond.yml")
    assert there(drill)
    drill.run("verify.yml")
    measured = drill.measured
    assert measured["rows_before"] == measured["rows_after"] == 10_001  # 5,000 of them are in the backup
    assert (measured["rows_equal"], measured["md5_equal"]) == (True, True)
    assert scalar(dsn(drill), "SELECT count(*) FROM drill_probe") == 1
    assert drill.run("rollback.yml")["deadman"] == "disarmed"
    drill.run("rollback.yml")
    assert not (drill.dir / "pg1" / "restored").exists()
    assert there(drill)
