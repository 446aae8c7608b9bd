"""Group commit: one thread does everybody's small writes, many in one transaction, and answers after COMMIT.

A commit waits for the disk; shared by all that wait, it costs each next to nothing (docs/adr/0006).
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextvars import Context, copy_context
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from kernel.db.held import Held
from kernel.db.later import savepoint
from kernel.errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kernel.db.engine import Database

log = logging.getLogger(__name__)
MOST = 256
"""Works that share one commit."""
WAITING = 1024
"""Works that may wait; one more is told to come again."""

Work = Callable[[Session], Any]


class Mergeable(ABC):
    """A work that neighbours of its class can often be done with at the cost of one: an alert repeated."""

    @abstractmethod
    def __call__(self, session: Session) -> Any:
        """Do it alone."""

    @staticmethod
    @abstractmethod
    def together(session: Session, works: Sequence[Any]) -> list[Any] | None:
        """Do them all and return their results; None, with nothing done, when each must be done alone.

        What it raises has the whole batch done again one by one, so that it needs no savepoint.
        """

    @staticmethod
    def at_once(connection: Connection, works: Sequence[Any]) -> list[Any] | None:  # noqa: ARG004 - for who can
        """Do them all in one statement, which is its own transaction; None, with nothing done, when it won't.

        Only asked where a transaction takes several ways to a server and one statement takes one.
        """
        return None


class Full(Unavailable):
    """More waits to be written than we promise to get done soon."""

    headers = {"Retry-After": "1"}  # noqa: RUF012 - as HTTPException has it


class _Job(NamedTuple):
    actor: str
    work: Work
    done: Future[Any] | asyncio.Future[Any]
    context: Context

    def begins(self) -> bool:
        """Whether anybody still waits for it; from here on it is done, whoever leaves."""
        if isinstance(self.done, Future):
            return self.done.set_running_or_notify_cancel()
        return not self.done.cancelled()

    def run(self, session: Session) -> Any:
        session.info["actor"] = self.actor
        return self.context.copy().run(self.work, session)


Attempt = Callable[[_Job, Session], Any]


class GroupWriter:
    """Takes what is queued, without waiting for more, and commits it together.

    What a work raises goes to its caller and undoes it alone: all are then done again, with a savepoint
    each. When the transaction itself fails, they are done again one by one; so `work` must have no effect
    outside its session.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._held = Held(database.engine)

    def submit(self, actor: str, work: Work) -> Future[Any]:
        """Queue `work`; the future has its result once that is committed. 503 when too much waits."""
        done: Future[Any] = Future()
        self._put(_Job(actor, work, done, copy_context()))
        return done

    def awaited(self, actor: str, work: Work) -> asyncio.Future[Any]:
        """Like `submit`, for the running event loop, which is woken once for all that a batch has done."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._put(_Job(actor, work, done, copy_context()))
        return done

    def _put(self, job: _Job) -> None:
        if self._queue.qsize() >= WAITING:
            raise Full("系统繁忙，请稍后重试。", code="busy")
        self._start()
        self._queue.put(job)

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        self._held.close()

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = [first], False
            while len(batch) < MOST and not self._queue.empty():
                job = self._queue.get_nowait()
                if job is None:
                    last = True
                    break
                batch.append(job)
            self._write([job for job in batch if job.begins()])
            if last:
                return

    def _write(self, batch: Sequence[_Job]) -> None:
        try:
            outcomes = self._outcomes(batch)
        except Exception as error:  # noqa: BLE001 - its callers raise it
            if len(batch) == 1 or _may_be_committed(error):
                outcomes = [error for _ in batch]
            else:
                log.warning("a group of %s writes failed (%s); doing them one by one", len(batch), error)
                for job in batch:
                    self._write([job])
                return
        told = list(zip((job.done for job in batch), outcomes, strict=True))
        _tell([(done, outcome) for done, outcome in told if isinstance(done, Future)])
        by_loop = groupby(
            ((done, outcome) for done, outcome in told if isinstance(done, asyncio.Future)),
            key=lambda each: each[0].get_loop(),
        )
        for loop, some in by_loop:
            try:
                loop.call_soon_threadsafe(_tell, list(some))
            except RuntimeError:  # the loop has ended, and with it whoever waited
                log.warning("%s writes were committed after the web had ended", len(batch))

    def _outcomes(self, batch: Sequence[_Job]) -> list[Any]:
        """Do the works without savepoints, which cost a third of a report; with them when one raises."""
        at_once = self._at_once(batch)
        if at_once is not None:
            return at_once
        try:
            return self._together(batch, _Job.run)
        except Exception as error:
            if len(batch) == 1 or _may_be_committed(error):
                raise
        return self._together(batch, _saved)

    def _at_once(self, batch: Sequence[_Job]) -> list[Any] | None:
        """Do a batch of one class in one statement, where that spares ways to a server."""
        kind = type(batch[0].work) if batch else None
        if kind is None or not issubclass(kind, Mergeable) or kind.at_once is Mergeable.at_once:
            return None
        if self._database.is_sqlite or any(type(job.work) is not kind for job in batch):
            return None
        return self._held.run(partial(kind.at_once, works=[job.work for job in batch]))

    def _together(self, batch: Sequence[_Job], attempt: Attempt) -> list[Any]:
        """Do the works in one transaction; returns what each returned or raised, after COMMIT."""
        with self._database.new_write() as session:
            several = (self._several(session, jobs, attempt) for jobs in _neighbours(batch))
            outcomes = [outcome for some in several for outcome in some]
            session.commit()
        return outcomes

    def _several(self, session: Session, jobs: Sequence[_Job], attempt: Attempt) -> list[Any]:
        """Do neighbours of one class together; alone when there is one, or when together does not do."""
        first = jobs[0]
        if len(jobs) > 1 and isinstance(first.work, Mergeable):
            together = partial(first.work.together, works=[job.work for job in jobs])
            found: list[Any] | None = first._replace(work=together).run(session)
            if found is not None:
                return found
        return [attempt(job, session) for job in jobs]


def _tell(told: Iterable[tuple[Future[Any] | asyncio.Future[Any], Any]]) -> None:
    for done, outcome in told:
        if done.cancelled():  # as it is when its client has gone away meanwhile
            continue
        if isinstance(outcome, Exception):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)


def _saved(job: _Job, session: Session) -> Any:
    """Return what the work returns or raises; what it raises is undone."""
    try:
        with savepoint(session):
            return job.run(session)
    except OperationalError:  # the database's own trouble, a dead-lock for one: not this work's fault
        raise
    except Exception as error:  # noqa: BLE001 - its caller raises it
        return error


def _neighbours(batch: Sequence[_Job]) -> Iterator[list[_Job]]:
    for _, jobs in groupby(batch, key=lambda job: (job.actor, type(job.work))):
        yield list(jobs)


def _may_be_committed(error: Exception) -> bool:
    """Whether the connection broke, perhaps during COMMIT: doing it again could do it twice."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
