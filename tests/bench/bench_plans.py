"""Whose a token is, asked on PostgreSQL: by a connection that plans it once, and by one that plans anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from sqlalchemy.orm import Session

from kernel.clock import FixedClock
from kernel.crypto import sm3_hex
from kernel.db import Database
from kernel.identity import actors
from tests.bench.row import Row
from tests.conftest import build
from tests.support.databases import create_schema
from tests.support.people import add_cast
from tests.support.postgres import Postgres
from tests.support.world import START

CALLS = 1_000
TOKEN = "nobody's"
QUESTION = actors._TOKENS_WITH_GRANTS


def microseconds(session: Session, database: Database) -> tuple[float, float]:
    """Return the median time of one question, planned once and planned anew; they take turns."""
    [(statement, keys)] = QUESTION.parts(database.engine.dialect, [sm3_hex(TOKEN.encode())])
    values = {**keys, "now": START}
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(CALLS):
        for times, ask in zip(
            took,
            (lambda: database.lookout.rows(statement, values), lambda: statement.rows(session, values)),
            strict=True,
        ):
            begun = perf_counter()
            ask()
            times.append((perf_counter() - begun) * 1e6)
    once, anew = (sorted(times)[CALLS // 2] for times in took)
    return once, anew


def run() -> Iterator[Row]:
    """Yield the one row."""
    server = Postgres()
    try:
        url = server.url(server.create())
        create_schema(Database(url))
        with tempfile.TemporaryDirectory() as folder:
            platform = build(url, Path(folder), FixedClock(START))
            add_cast(platform)
            with platform.db.read() as session:
                once, anew = microseconds(session, platform.db)
            platform.db.close()
    finally:
        server.stop()
    yield "PostgreSQL: whose a token is, µs; planned anew each time", once, anew, once / anew, "ratio ≤ 0.5"
