"""The deadline engine against APScheduler's own job store, and against the bare query when nothing is due.

Ours does more: each deadline that fires leaves an event row and an outbox row, in the claim's transaction.
Durable as in production: SQLite with `synchronous=FULL`, PostgreSQL with fsync.
"""

from __future__ import annotations

import logging
import multiprocessing
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.clock import FixedClock
from kernel.db import Base, Database, Id
from kernel.db.bulk import insert_many
from kernel.manifest import Catalogue, Manifest
from kernel.metrics import Metrics
from kernel.models import import_all
from kernel.outbox import Draft, enqueue
from kernel.platform import Platform
from kernel.settings import load_settings
from kernel.signing import Sm2Signer
from sla.deadlines import engine, watch
from sla.deadlines.jobs import tick
from tests.bench.row import Row
from tests.support.postgres import Postgres

FIRED, PENDING, OVERDUE, BY_PEER = 20_000, 1_000_000, 100_000, 3_000
NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
NEVER = datetime(2030, 1, 1, tzinfo=UTC)
ROUNDS = 3

Make = Callable[[], Database]


class BenchEvent(Base):
    """What a deadline leaves behind."""

    __tablename__ = "bench_event"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    deadline: Mapped[int] = mapped_column(Id)
    text: Mapped[str] = mapped_column(String(80))


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Write an event and a message for each deadline, whose key names it: it fires once, as a page's does."""
    insert_many(session, BenchEvent, [{"deadline": row.id, "text": f"due:{row.clock}"} for row in rows])
    drafts = [Draft(f"b:{row.id}", f"b:{row.id}", "email", "a@b.test", "到期", "到期") for row in rows]
    enqueue(session, now, drafts, fresh=True)


CATALOGUE = Catalogue((Manifest("bench", deadlines=(("bench", "tests.bench.bench_engine:on_due"),)),))


def platform_on(database: Database, workers: int = 1) -> Platform:
    """Return a platform of so many workers on which all deadlines before NOW are due."""
    clock = FixedClock(NOW)
    settings = load_settings({"SHOUSHI_WORKER_PROCESSES": str(workers)})
    return Platform(
        settings, clock, database, CATALOGUE, ZoneInfo("UTC"), Sm2Signer(settings.data_dir), metrics=Metrics()
    )


def arm(database: Database, number: int, due: datetime) -> None:
    """Insert pending deadlines in bulk."""
    stamp = "'" + due.strftime("%Y-%m-%d %H:%M:%S.000000") + ("'" if database.is_sqlite else "+00'")
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"
        if database.is_sqlite
        else f"WITH n AS (SELECT generate_series(1, {number}) AS i)"
    )
    with database.write() as session:
        session.execute(
            text(
                "INSERT INTO deadline (subject, subject_id, clock, rung, generation, due_at, wake_at, state, "
                f"unobserved, failures) {numbers} "
                f"SELECT 'bench', i, 'c', 'r', 0, {stamp}, {stamp}, 0, 0, 0 FROM n"
            )
        )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def fresh(make: Make) -> Iterator[Database]:
    """A database with our tables, closed afterwards."""
    import_all()
    database = make()
    Base.metadata.create_all(database.write_engine)
    yield database
    database.close()


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes once."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def fired_per_second(make: Make, number: int) -> float:
    """One worker fires `number` due deadlines."""
    with fresh(make) as database:
        arm(database, number, NOW - timedelta(hours=1))
        platform = platform_on(database)
        took = seconds(lambda: tick(platform))
        assert not engine.due_now(platform, 1)
    return number / took


def _worker(url: str, ready: Any, go: Any) -> None:
    logging.disable()
    database = Database(url)
    platform = platform_on(database, workers=2)
    with database.read() as session:
        session.execute(text("SELECT 1"))
    ready.release()
    go.wait()
    while engine.due_now(platform, 1):
        tick(platform)
    database.close()


def fired_by_two(make: Make, number: int) -> float:
    """Two worker processes share `number` due deadlines."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    with fresh(make) as database:
        arm(database, number, NOW - timedelta(hours=1))
        url = database.url.render_as_string(hide_password=False)
        workers = [context.Process(target=_worker, args=(url, ready, go)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for _ in workers:
            ready.acquire()
        go.set()
        took = seconds(lambda: [worker.join() for worker in workers])
    return number / took


_left = threading.Semaphore(0)


def _peer_job() -> None:
    _left.release()


def peer_per_second(make: Make, number: int) -> float:
    """APScheduler fires `number` jobs of its SQLAlchemy store, misfires allowed, or it would drop them."""
    database = make()
    store = SQLAlchemyJobStore(engine=database.write_engine)
    scheduler = BackgroundScheduler(
        jobstores={"default": store},
        executors={"default": ThreadPoolExecutor(20)},
        job_defaults={"misfire_grace_time": None, "coalesce": True},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    for _ in range(number):
        scheduler.add_job(_peer_job, "date", run_date=datetime.now(UTC) - timedelta(seconds=1))

    def work() -> None:
        scheduler.resume()
        for _ in range(number):
            _left.acquire()

    took = seconds(work)
    scheduler.shutdown()
    database.close()
    return number / took


def idle(make: Make) -> tuple[float, float]:
    """Return the microseconds of a tick and of the bare query, with PENDING rows that are not due."""
    with fresh(make) as database:
        arm(database, PENDING, NEVER)
        platform = platform_on(database)
        tick(platform)
        raw = database.engine.raw_connection()
        if not database.is_sqlite:
            raw.driver_connection.autocommit = True  # type: ignore[union-attr]
        now = "2026-03-03 01:00:00.000000" if database.is_sqlite else NOW
        mark = "?" if database.is_sqlite else "%s"
        query = f"SELECT id FROM deadline WHERE state = 0 AND wake_at < {mark} ORDER BY wake_at, id LIMIT 1"
        cursor = raw.cursor()

        def bare() -> None:
            cursor.execute(query, (now,))
            cursor.fetchall()

        figures = microseconds(lambda: tick(platform), bare)
        cursor.close()
        raw.close()
    watch.forget(platform.clock)
    return figures


def microseconds(
    ours: Callable[[], object], floor: Callable[[], object], calls: int = 500
) -> tuple[float, float]:
    """Return the median time of a call of each; they take turns, for a host changes its speed."""

    def each(work: Callable[[], object]) -> float:
        return seconds(lambda: [work() for _ in range(calls)]) / calls * 1e6

    pairs = [(each(ours), each(floor)) for _ in range(21)]
    return median(mine for mine, _ in pairs), median(other for _, other in pairs)


def rows_for(kind: str, make: Make, *, times: float, at_least: int) -> Iterator[Row]:
    """Yield the rows of one database."""
    ours = median(fired_per_second(make, FIRED) for _ in range(ROUNDS))
    peer = median(peer_per_second(make, BY_PEER) for _ in range(ROUNDS))
    yield f"{kind}: fired/s, 1 worker; APScheduler's store", ours, peer, ours / peer, f"ratio >= {times:g}"
    if kind == "PostgreSQL":
        both = median(fired_by_two(make, 2 * FIRED) for _ in range(ROUNDS))
        yield f"{kind}: fired/s, 2 workers", both, float(at_least), both / at_least, f">= {at_least:,}"
    else:
        yield f"{kind}: fired/s", ours, float(at_least), ours / at_least, f">= {at_least:,}"
    tick_us, bare_us = idle(make)
    name = f"{kind}: idle tick, {PENDING:,} pending, µs; bare query"
    yield name, tick_us, bare_us, tick_us / bare_us, "ratio <= 3"
    took = OVERDUE / fired_per_second(make, OVERDUE)
    yield f"{kind}: catch-up of {OVERDUE:,} overdue, s", took, 15.0, took / 15, "<= 15 s"


def run() -> Iterator[Row]:
    """Measure on SQLite and on a real PostgreSQL; rows come as they are measured."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = count()
        yield from rows_for(
            "SQLite", lambda: Database(f"sqlite:///{folder}/{next(numbers)}.sqlite"), times=8, at_least=10_000
        )
    server = Postgres(durable=True)
    yield from rows_for(
        "PostgreSQL", lambda: Database(server.url(server.create())), times=15, at_least=20_000
    )
    server.stop()
