"""Two processes on one database fire 10,000 due deadlines: none twice, none lost, also under kill -9."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kernel.db import Database
from sla.deadlines import ARMED, FIRED, Deadline
from tests.support.deadlines import arm_many, counts
from tests.support.world import START

ROOT = Path(__file__).resolve().parents[3]
COUNT = 10_000
DUE = START + timedelta(hours=1)

Worker = subprocess.Popen[str]


@pytest.fixture
def workers(database_url: str) -> Iterator[list[Worker]]:
    """Two processes, ready to fire."""
    database = Database(database_url)
    arm_many(database, COUNT, START)
    database.close()
    command = [sys.executable, "-m", "tests.support.firing_worker", database_url, DUE.isoformat()]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for worker in started:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    yield started
    for worker in started:
        worker.kill()
        worker.communicate()


def release(workers: list[Worker]) -> None:
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()


def states(database: Database) -> dict[int, int]:
    with database.read() as session:
        return dict(
            session.execute(select(Deadline.state, func.count()).group_by(Deadline.state)).tuples().all()
        )


def test_two_processes_fire_each_deadline_once(workers: list[Worker], database: Database) -> None:
    release(workers)
    shares = [sum(map(int, worker.communicate(timeout=120)[0].split())) for worker in workers]
    assert sum(shares) == COUNT
    assert counts(database) == (COUNT, COUNT)
    assert states(database) == {FIRED: COUNT}


def test_when_one_is_killed_midway_the_other_fires_the_rest_once(
    workers: list[Worker], database: Database
) -> None:
    release(workers)
    victim, survivor = workers
    assert victim.stdout is not None
    victim.stdout.readline()  # it has fired its first batch
    victim.kill()
    survivor.communicate(timeout=120)
    assert counts(database) == (COUNT, COUNT)
    assert states(database) == {FIRED: COUNT}


def test_a_worker_killed_at_any_moment_loses_and_repeats_nothing(
    workers: list[Worker], database: Database
) -> None:
    victim, heir = workers
    release([victim])
    limit = time.monotonic() + 60
    while states(database).get(FIRED, 0) < 1000 and time.monotonic() < limit:
        pass
    victim.kill()
    victim.wait()
    left = states(database).get(ARMED, 0)
    assert counts(database)[0] == counts(database)[1] == COUNT - left
    release([heir])
    heir.communicate(timeout=120)
    assert counts(database) == (COUNT, COUNT)
