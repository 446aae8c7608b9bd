"""A catalogue with one handler that writes a row for every deadline that fires, under no unique key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.manifest import Catalogue, Manifest
from kernel.platform import Platform
from sla.deadlines import arm_new

SUBJECT = "test"
POISON = 1_000_666
metadata = MetaData()
fired = Table(
    "test_fired",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", Integer, index=True),
)
CATALOGUE = Catalogue((Manifest("test", deadlines=((SUBJECT, "tests.support.deadlines:on_due"),)),))


class Due(NamedTuple):
    clock: str
    rung: str
    due_at: datetime


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """Write down each deadline; fail when a poisoned one is among them."""
    session.execute(insert(fired), [{"subject_id": row.subject_id} for row in rows])
    if any(row.subject_id == POISON for row in rows):
        raise RuntimeError("poison")


def arm_many(database: Database, count: int, due: datetime, *, first: int = 1) -> None:
    """Arm `count` deadlines, one a millisecond, of as many subjects."""
    metadata.create_all(database.write_engine)
    with database.write() as session:
        step = timedelta(milliseconds=1)
        arm_new(
            session,
            SUBJECT,
            {n: [Due("c", "r", due + (n - first) * step)] for n in range(first, first + count)},
        )


def counts(database: Database) -> tuple[int, int]:
    """Return how many rows the handler wrote, and for how many different deadlines."""
    with database.read() as session:
        wanted = select(func.count(), func.count(fired.c.subject_id.distinct()))
        rows, distinct = session.execute(wanted).one()
        return int(rows), int(distinct)
