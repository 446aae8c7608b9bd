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
    started = [start(database_url) for _ in range(2)]
    yield started
    for worker in started:
        worker.kill()
        worker.communicate()


def start(url: str, how: str = "batches") -> Worker:
    command = [sys.executable, "-m", "tests.support.firing_worker", url, DUE.isoformat(), how]
    worker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


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


def test_a_catch_up_killed_midway_is_finished_by_the_next_start_each_deadline_once(
    database_url: str, database: Database
) -> None:
    """On a server two threads share it when it is killed."""
    arm_many(database, COUNT, START)
    victim = start(database_url, "turns")
    release([victim])
    until = time.monotonic() + 60
    while counts(database)[0] < COUNT // 10:
        assert time.monotonic() < until
        time.sleep(0.005)
    victim.kill()
    victim.communicate()
    left = COUNT - counts(database)[0]
    assert 0 < left < COUNT
    heir = start(database_url, "turns")
    release([heir])
    assert sum(map(int, heir.communicate(timeout=120)[0].split())) == left
    assert counts(database) == (COUNT, COUNT)
    assert states(database) == {FIRED: COUNT}
