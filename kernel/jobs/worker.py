"""The worker: runs every job of the catalogue in its rhythm, in threads, and keeps the run table.

A failing job is logged, counted and run again; it never stops another. Interval jobs only, with no
misfire limit: APScheduler's default silently drops what is a second late.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import update

from kernel.clock import SYSTEM
from kernel.db.once import insert_once
from kernel.jobs.models import JobState
from kernel.manifest import Job, resolve
from kernel.platform import Platform

log = logging.getLogger(__name__)
NOTE_EVERY = 30.0
"""Seconds between rows for a job that has nothing to do."""
FASTEST = 0.05


class Worker:
    """Owns the scheduler; `start()` and `stop()` it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._noted: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(max_workers=8)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def start(self) -> None:
        """Run every job once now and then in its rhythm."""
        self.platform.stopping.clear()
        for manifest in self.platform.catalogue.manifests:
            for job in manifest.jobs:
                seconds = self.rhythm(job)
                self._due[job.name] = time.monotonic()
                self._scheduler.add_job(self._run, "interval", [job, seconds], seconds=seconds, id=job.name)
        self._scheduler.start()
        for scheduled in self._scheduler.get_jobs():
            scheduled.modify(next_run_time=SYSTEM.now())
        self._scheduler.wakeup()

    def rhythm(self, job: Job) -> float:
        """Return the real seconds between runs: a rehearsal's clock makes them shorter."""
        every = min(job.every, self.platform.settings.tick_seconds) if job.every <= 1 else job.every
        return max(FASTEST, every / max(1.0, self.platform.clock.speed / 10))

    def stop(self) -> None:
        """Stop waking jobs and wait for those that run."""
        self.platform.stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _run(self, job: Job, rhythm: float) -> None:
        begun = time.monotonic()
        lateness = max(0.0, begun - self._due[job.name])
        self._due[job.name] = begun + rhythm
        started = self.platform.clock.now()
        done, error = self._attempt(job)
        metrics = self.platform.metrics
        metrics.job_late.labels(job.name).set(lateness)
        metrics.job_seconds.labels(job.name).observe(time.monotonic() - begun)
        metrics.job_runs.labels(job.name, "failed" if error else "ok").inc()
        if done or error or begun - self._noted.get(job.name, -NOTE_EVERY) >= NOTE_EVERY:
            self._noted[job.name] = begun
            self._note(job.name, started, lateness, done, error)

    def _attempt(self, job: Job) -> tuple[int, str | None]:
        try:
            return int(resolve(job.run)(self.platform)), None
        except Exception as error:
            log.exception("job %s failed", job.name)
            return 0, f"{type(error).__name__}: {error}"[:300]

    def _note(self, name: str, started: datetime, lateness: float, done: int, error: str | None) -> None:
        values = {
            "started_at": started,
            "finished_at": self.platform.clock.now(),
            "lateness": lateness,
            "done": done,
            "error": error,
            "failures": JobState.failures + 1 if error else 0,
        }
        try:
            with self.platform.db.write("jobs") as session:
                changed = session.execute(update(JobState).where(JobState.name == name).values(values))
                if not changed.rowcount:  # type: ignore[attr-defined]
                    insert_once(session, JobState, values | {"name": name, "failures": 1 if error else 0})
        except Exception:
            log.exception("job %s: run not noted", name)
