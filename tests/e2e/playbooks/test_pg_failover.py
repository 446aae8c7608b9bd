"""The primary dies: the standby takes over, the loss is counted, redundancy comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import psycopg
import pytest

from tests.e2e.playbooks import postgres
from tests.e2e.playbooks.lab import Lab
from tests.e2e.playbooks.writer import Writer, scalar
from tests.support.process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks")]
STREAMING = "select count(*) from pg_stat_replication where state = 'streaming'"


def dsn(lab: Lab) -> str:
    return lab.text(lab.described["vars"]["pg_dsn"])


def writable(lab: Lab) -> bool:
    try:
        return bool(scalar(dsn(lab), "select not pg_is_in_recovery()"))
    except psycopg.Error:
        return False


def undo(lab: Lab, host: str) -> str:
    """Do by hand what the dead-man switch of a host would do."""
    script = str(lab.dir / host / "deadman" / "undo")
    return subprocess.run(["sh", script], capture_output=True, text=True, check=True).stdout


def test_the_standby_takes_over_and_the_old_primary_rejoins(lab: Callable[..., Lab]) -> None:
    drill = lab("pg_failover", pg_bin=postgres.need())
    writer = Writer(dsn(drill))
    wait_for(lambda: len(writer.acknowledged) > 50, "some rows")
    assert drill.run("inject.yml")["killed"] == "pg1"
    assert not writable(drill)
    written = len(writer.acknowledged)
    assert drill.run("respond.yml") == {"deadman": "disarmed", "promoted": "pg2"}
    wait_for(lambda: len(writer.acknowledged) > written, "writes to go on")
    assert "left down" in undo(drill, "pg1"), "a late dead-man switch makes no second primary"
    drill.run("verify.yml")
    drill.run("rejoin.yml")
    wait_for(lambda: scalar(dsn(drill), STREAMING) == 1, "the standby to stream")
    drill.run("rollback.yml")
    writer.stop()
    assert drill.measured["rows_after"] >= drill.measured["rows_before"]
    assert writer.lost() <= 2  # asynchronous: what was under way
    assert writer.gap > 0


def test_what_was_not_replicated_is_counted_as_lost(lab: Callable[..., Lab]) -> None:
    """The negative control of the loss count: a standby that no longer follows."""
    drill = lab("pg_failover", pg_bin=postgres.need())
    standby = (
        dsn(drill).replace("read-write", "any").replace(f"port={drill.port},", f"port={drill.port + 1},")
    )
    drill.run("inject.yml")
    assert not writable(drill), "without a promotion it stays down"
    drill.neglect("pg1")
    wait_for(lambda: writable(drill), "the target to heal itself", 60)
    assert drill.run("rollback.yml")
    assert scalar(dsn(drill), STREAMING) == 1
    with psycopg.connect(standby, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
        connection.execute("SELECT pg_reload_conf()")
    wait_for(lambda: scalar(dsn(drill), STREAMING) == 0, "the standby to stop following")
    writer = Writer(dsn(drill))
    wait_for(lambda: len(writer.acknowledged) >= 20, "rows that nobody replicates")
    drill.run("inject.yml")
    written = len(writer.acknowledged)
    drill.run("respond.yml")
    wait_for(lambda: len(writer.acknowledged) > written, "writes to go on")
    writer.stop()
    assert writer.lost() >= 20
    drill.run("reseed.yml")
    assert scalar(dsn(drill), STREAMING) == 1
