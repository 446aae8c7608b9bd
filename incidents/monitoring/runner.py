"""The runner: one thread of the worker with an event loop of its own asks all probes in their rhythm.

Asking never waits for the database: what changed is written by another thread, and a deadline is never
behind a probe. One process asks at a time (a lease); the job `monitoring.runner` keeps it going.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from incidents.monitoring import record, rules
from incidents.monitoring.models import ProbeBeat, ProbeRunner
from incidents.monitoring.probes import run
from incidents.monitoring.service import around
from incidents.monitoring.tracker import Change, Figures, Tracker
from kernel.clock import SYSTEM
from kernel.platform import Platform

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
PATIENCE = 60.0
"""Seconds after which a runner that nobody keeps stops by itself."""
AT_ONCE = 300
"""Checks under way at the same time."""
FLUSH = 30.0
CHUNK = 100
"""Probes whose figures are written in one short transaction."""
TICK = 0.25


class Runner:
    """Asks the probes it was given last; start it once."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.holder = secrets.token_hex(12)
        self.generation = -1
        self.beats: dict[int, datetime] = {}
        self._started = platform.clock.now()
        self._trackers: dict[int, Tracker] = {}
        self._heap: list[tuple[float, int]] = []
        self._given: Sequence[Tracker] | None = None
        self._until = SYSTEM.monotonic() + PATIENCE
        self._changes: list[Change] = []
        self._figures: list[Figures] = []
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._main, name="probes", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def keep(self) -> None:
        """Go on for a while."""
        self._until = SYSTEM.monotonic() + PATIENCE

    def stop(self) -> None:
        """Stop and write what is left."""
        self._until = 0.0
        self._thread.join(10)

    @property
    def running(self) -> bool:
        """Whether it still asks."""
        return self._thread.is_alive()

    def give(self, trackers: Sequence[Tracker]) -> None:
        """Ask these from now on; where a known probe stands is kept."""
        self._given = trackers

    def _main(self) -> None:
        asyncio.run(self._ask_all())

    async def _ask_all(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(16, thread_name_prefix="probe"))
        writer = ThreadPoolExecutor(1, thread_name_prefix="probe-writer")
        writing = loop.create_task(self._write_changes(writer))
        flushed = SYSTEM.monotonic()
        while SYSTEM.monotonic() < self._until:
            self._take_given()
            self._start_due()
            if SYSTEM.monotonic() - flushed >= FLUSH:
                flushed = SYSTEM.monotonic()
                self._gather()
                writer.submit(self._flush)
            await asyncio.sleep(self._pause())
        writing.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(writing, *self._tasks, return_exceptions=True)
        writer.shutdown(wait=True)
        self._write()
        self._gather()
        self._flush()

    def _take_given(self) -> None:
        given, self._given = self._given, None
        if given is None:
            return
        now = self.platform.clock.now().timestamp()
        self._heap = []
        for tracker in given:
            known = self._trackers.get(tracker.id)
            due = rules.next_due if known is not None else rules.first_due
            self._heap.append((due(tracker.key, tracker.interval, now), tracker.id))
            if known is not None:
                tracker.standing = known.standing
                tracker.last, tracker.checked_at, tracker.days = known.last, known.checked_at, known.days
        self._trackers = {tracker.id: tracker for tracker in given}
        heapq.heapify(self._heap)

    def _pause(self) -> float:
        if not self._heap:
            return TICK
        return min(TICK, max(0.0, self._heap[0][0] - self.platform.clock.now().timestamp()))

    def _start_due(self) -> None:
        now = self.platform.clock.now()
        while self._heap and self._heap[0][0] <= now.timestamp():
            due, number = heapq.heappop(self._heap)
            tracker = self._trackers[number]
            following = rules.next_due(tracker.key, tracker.interval, max(due, now.timestamp()))
            heapq.heappush(self._heap, (following, number))
            task = asyncio.get_running_loop().create_task(self._ask(tracker, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, tracker: Tracker, due: float) -> None:
        if rules.maintained(tracker.windows, self.platform.clock.now(), self.platform.zone):
            self._note(tracker.rest(self.platform.clock.now()))
            return
        async with self._room:
            late = max(0.0, self.platform.clock.now().timestamp() - due)
            self.platform.metrics.probe_late.observe(late)
            surroundings = around(self.platform, self._silent(tracker))
            result = await run(tracker.kind, tracker.spec, tracker.timeout, surroundings)
        self.platform.metrics.probe_seconds.labels(tracker.kind, "ok" if result.ok else "failed").observe(
            result.seconds
        )
        current = self._trackers.get(tracker.id)
        if current is not None:
            self._note(current.take(result, self.platform.clock.now(), self.platform.zone))

    def _silent(self, tracker: Tracker) -> float:
        heard = max(self._started, self.beats.get(tracker.id, self._started))
        return (self.platform.clock.now() - heard).total_seconds()

    def _note(self, change: Change | None) -> None:
        if change is not None:
            self._changes.append(change)

    async def _write_changes(self, writer: ThreadPoolExecutor) -> None:
        """Write as soon as there is something; what cannot be written now is tried again."""
        while True:
            if self._changes:
                await asyncio.get_running_loop().run_in_executor(writer, self._write)
            await asyncio.sleep(TICK)

    def _write(self) -> None:
        batch = self._changes[:]
        if batch:
            self._changes[: len(batch)] = [] if self._written(batch) else self._one_by_one(batch)

    def _one_by_one(self, batch: Sequence[Change]) -> list[Change]:
        """Write what can be written; a probe whose change cannot be keeps its later ones waiting."""
        kept: list[Change] = []
        for change in batch:
            waits = any(change.tracker.id == earlier.tracker.id for earlier in kept)
            if waits or not self._written([change]):
                kept.append(change)
        return kept

    def _written(self, batch: Sequence[Change]) -> bool:
        try:
            with self.platform.db.write("platform") as session:
                record.changes(self.platform, session, self.platform.clock.now(), batch)
        except Exception:
            log.exception("%s changes of probes not written yet", len(batch))
            return False
        return True

    def _gather(self) -> None:
        self._figures += [tracker.figures() for tracker in self._trackers.values() if tracker.days]

    def _flush(self) -> None:
        """Write the figures in short transactions; what cannot be written now comes next time."""
        try:
            while self._figures:
                chunk = self._figures[:CHUNK]
                with self.platform.db.write("platform") as session:
                    record.figures(session, chunk)
                del self._figures[: len(chunk)]
        except Exception:
            log.exception("figures of %s probes not written yet", len(self._figures))


_RUNNERS: dict[int, Runner] = {}
"""The runner of each platform in this process, by the platform's database."""


def keep(platform: Platform) -> int:
    """Let this process's runner go on if it may, and give it what has changed; returns how many probes."""
    if platform.clock.speed != 1 or not platform.clock.runs:
        return 0  # a rehearsal's clock is too fast for real targets
    runner = _RUNNERS.get(id(platform.db)) or Runner(platform)
    now = platform.clock.now()
    with platform.db.read() as session:
        row = session.get(ProbeRunner, 1)
        beats = session.execute(select(ProbeBeat.probe_id, ProbeBeat.at)).all()
    if row is None or not _lease(platform, runner, row, now):
        forget(platform)
        return 0
    _RUNNERS[id(platform.db)] = runner
    if not runner.running:
        runner = _RUNNERS[id(platform.db)] = _again(runner)
        runner.start()
    runner.beats = {row.probe_id: row.at for row in beats}
    if row.generation != runner.generation:
        with platform.db.read() as session:
            runner.give(record.load(session))
        runner.generation = row.generation
    runner.keep()
    return 0


def _again(runner: Runner) -> Runner:
    """Return the runner, or a new one of the same holder when this one has ended."""
    if runner._thread.ident is None:
        return runner
    fresh = Runner(runner.platform)
    fresh.holder = runner.holder
    return fresh


def _lease(platform: Platform, runner: Runner, row: ProbeRunner, now: datetime) -> bool:
    if row.holder == runner.holder and row.until_at - now > LEASE / 2:
        return True
    free = or_(ProbeRunner.holder == runner.holder, ProbeRunner.until_at < now)
    wanted = update(ProbeRunner).where(ProbeRunner.id == 1, free)
    with platform.db.write("platform") as session:
        taken = session.execute(wanted.values(holder=runner.holder, until_at=now + LEASE))
        return bool(taken.rowcount)  # type: ignore[attr-defined]


def forget(platform: Platform) -> None:
    """Stop this process's runner, if there is one."""
    runner = _RUNNERS.pop(id(platform.db), None)
    if runner is not None and runner.running:
        runner.stop()
