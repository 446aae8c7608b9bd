"""A hundred thousand incidents: some are reported, the rest are copies of their rows under other numbers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Table, text

from incidents import reporting
from incidents.models import Incident, IncidentEvent, IncidentPayer
from kernel.db import table_of
from sla.cases.models import Case, CaseOutage, CasePayer, VerdictRecord
from sla.deadlines import Deadline
from sla.penalties.models import Penalty, PenaltyEntry, PenaltySum
from tests.support.world import World

MOVED = {"incident_id", "case_id", "penalty_id", "subject_id"}
NAMED = {"number"}
TABLES = (
    Incident, IncidentPayer, IncidentEvent, Case, CasePayer, CaseOutage, VerdictRecord, Penalty, PenaltyEntry,
    PenaltySum, Deadline,
)  # fmt: skip


def report(world: World, number: int) -> None:
    """Report incidents a quarter of an hour apart, backwards from now, in one commit for each hundred."""
    actor = world.actor("lin")
    for first in range(0, number, 100):
        with world.platform.db.write("lin") as session:
            for n in range(first, min(first + 100, number)):
                at = world.now - timedelta(minutes=15 * n)
                told = reporting.Report(
                    "收文登记页面无法保存", "system_general", ["receipts"], ["city"], reported_at=at
                )
                reporting.report(world.platform, session, world.now, actor, told)


def copy(world: World, times: int) -> None:
    """Make `times` more of everything that is there, under numbers of its own."""
    with world.platform.db.write() as session:
        for model in TABLES:
            session.execute(text(_copies(table_of(model))), {"times": times})


def _copies(table: Table) -> str:
    names = [column.name for column in table.columns]
    values = ", ".join(_value(table, name) for name in names)
    return (
        f"WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < :times) "
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM k, {table.name}"
    )


def _value(table: Table, name: str) -> str:
    if name == "id" or name in MOVED:
        return f"{name} + i * 1000000"
    if name in NAMED or (table.name == "sla_case" and name == "subject"):
        return f"{name} || '-' || i"
    return name
