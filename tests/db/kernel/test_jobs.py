"""The worker: every job in its rhythm, and one that fails stops no other."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from kernel.jobs.models import JobState
from kernel.jobs.worker import FASTEST, Worker
from kernel.manifest import Catalogue, Job, Manifest
from kernel.platform import Platform
from tests.support.world import World

WAIT = 20.0


class Counted:
    """A job that says when it has run a number of times."""

    def __init__(self, failing: bool = False, done: int = 0) -> None:
        self.runs, self.failing, self.done = 0, failing, done
        self._changed = threading.Condition()

    def __call__(self, _platform: Platform) -> int:
        with self._changed:
            self.runs += 1
            self._changed.notify_all()
        if self.failing:
            raise RuntimeError("always")
        return self.done

    def await_runs(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.runs >= number, WAIT)


Start = Callable[..., Worker]


@pytest.fixture
def worker(world: World, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Start:
    def start(**jobs: Counted) -> Worker:
        manifest = Manifest("test", jobs=tuple(Job(name, FASTEST, name) for name in jobs))
        monkeypatch.setattr("kernel.jobs.worker.resolve", lambda name: jobs[name])
        made = Worker(dataclasses.replace(world.platform, catalogue=Catalogue((manifest,))))
        request.addfinalizer(made.stop)
        made.start()
        return made

    return start


def state(world: World, name: str) -> JobState:
    with world.platform.db.read() as session:
        return session.scalars(select(JobState).where(JobState.name == name)).one()


def test_a_failing_job_stops_no_other_and_is_run_again(world: World, worker: Start) -> None:
    bad, good = Counted(failing=True), Counted(done=3)
    running = worker(bad=bad, good=good)
    bad.await_runs(3)
    good.await_runs(3)
    running.stop()
    assert state(world, "bad").failures == bad.runs
    assert state(world, "bad").error == "RuntimeError: always"
    assert (state(world, "good").failures, state(world, "good").done) == (0, 3)


def test_every_run_is_measured_by_the_jobs_name(world: World, worker: Start) -> None:
    job = Counted(failing=True)
    running = worker(bad=job)
    job.await_runs(2)
    running.stop()
    families = {f.name: f for f in text_string_to_metric_families(world.platform.metrics.render().decode())}
    runs = [s for s in families["shoushi_job_runs"].samples if s.name.endswith("_total")]
    assert [(s.labels, s.value) for s in runs] == [({"job": "bad", "outcome": "failed"}, float(job.runs))]
    assert families["shoushi_job_lateness_seconds"].samples[0].labels == {"job": "bad"}


def test_a_recovered_job_shows_no_failures(world: World, worker: Start) -> None:
    job = Counted(failing=True, done=1)
    running = worker(job=job)
    job.await_runs(2)
    job.failing = False
    job.await_runs(job.runs + 3)
    running.stop()
    assert (state(world, "job").failures, state(world, "job").error) == (0, None)


def test_lateness_is_the_time_between_the_rhythm_and_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, job = Worker(world.platform), Job("late", 10, "late")
    monkeypatch.setattr("kernel.jobs.worker.resolve", lambda _: Counted(done=1))
    seconds = iter([112.5, 113.0, 125.0, 125.0])
    monkeypatch.setattr("kernel.jobs.worker.time.monotonic", lambda: next(seconds))
    running._due["late"] = 110.0
    running._run(job, 10.0)
    assert state(world, "late").lateness == 2.5
    running._run(job, 10.0)
    assert state(world, "late").lateness == 2.5  # 125 - (112.5 + 10)


def test_a_rehearsal_clock_makes_the_rhythm_faster_but_not_without_end(world: World) -> None:
    running, slow = Worker(world.platform), Job("slow", 60, "x")
    assert running.rhythm(slow) == 60
    world.clock.speed = 600
    assert running.rhythm(slow) == 1
    world.clock.speed = 100_000
    assert running.rhythm(slow) == FASTEST


def test_a_stopped_worker_runs_nothing_more(worker: Start) -> None:
    job = Counted()
    running = worker(job=job)
    job.await_runs(1)
    running.stop()
    before = job.runs
    running.stop()
    assert job.runs == before
