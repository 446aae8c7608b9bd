"""Reports that share a commit: written together, and the same as if each had been written alone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from incidents.api import _Report
from incidents.models import Incident
from incidents.reporting import Report, report_all
from kernel.audit.models import AuditEntry
from kernel.db import Base, table_of
from kernel.errors import Invalid
from sla.cases.models import Case
from sla.deadlines.models import Deadline
from tests.support.grouped import done_together
from tests.support.web import statements
from tests.support.world import World

TOLD = {
    "plain": Report("收文登记页面无法保存", "system_general", ["receipts"], ["city"]),
    "with all that can be told": Report(
        "专线中断", "line_general", ["documents", "hotline"], ["city", "suixi"],
        reporter="李电话 13800000000", text="机房灯灭", extra={"labels": {"job": "线路"}},
    ),
    "hardware": Report("存储阵列掉盘", "hardware", ["documents"], ["city"]),
    "major, its first slot due": Report("全市系统瘫痪", "system_major", ["documents"], ["city"]),
    "a drill": Report("【演练】", "system_general", ["documents"], ["city"], drill=True),
}  # fmt: skip
OWN = ("id", "number", "incident_id", "case_id", "subject_id")
"""Columns that tell one from the other, an incident's and its penalty's number among them."""


def told_at(world: World) -> list[Report]:
    """Return the reports, one of them known since yesterday and already late."""
    late = Report("早已知晓", "system_general", ["todo"], ["city"], detected_at=world.now - timedelta(days=1))
    return [*TOLD.values(), late]


def rows_about(world: World, number: str) -> dict[str, list[str]]:
    """Return all that is written about an incident, what tells it from any other left out."""
    found = {}
    with world.platform.db.read() as session:
        ids = {
            "incident": session.scalars(select(Incident.id).where(Incident.number == number)).one(),
            "sla_case": session.scalars(select(Case.id).where(Case.subject == number)).one(),
        }
        for table in Base.metadata.sorted_tables:
            if (wanted := _about(table, ids)) is not None:
                kept = [c for c in table.columns if c.name not in OWN]
                rows = session.execute(select(*kept).where(wanted))
                found[table.name] = sorted(repr(row).replace(number, "NUMBER") for row in rows)
        audited = select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail)
        audited = audited.where(AuditEntry.subject.contains(number)).order_by(AuditEntry.position)
        found["audit"] = [repr(row).replace(number, "NUMBER") for row in session.execute(audited)]
    return found


def _about(table: Table, ids: dict[str, int]) -> Any:
    if table.name in ids:
        return table.c.id == ids[table.name]
    if table is table_of(Deadline):
        return (table.c.subject == "incident") & (table.c.subject_id == ids["incident"])
    for column in table.columns:
        for key in column.foreign_keys:
            if key.column.table.name in ids:
                return column == ids[key.column.table.name]
    return None


def test_what_is_written_together_is_what_is_written_alone(world: World) -> None:
    platform, lin = world.platform, world.actor("lin")
    told = told_at(world)
    works = [_Report(platform, lin, each) for each in told]
    alone = [done_together(platform.db, work)[0] for work in works]
    together = done_together(platform.db, *works)
    numbers = [json.loads(answer.body)["number"] for answer in (*alone, *together)]
    assert len(set(numbers)) == len(numbers) == 2 * len(told)
    for one, other in zip(numbers[: len(told)], numbers[len(told) :], strict=True):
        written = rows_about(world, one)
        assert written == rows_about(world, other)
        assert {"incident", "incident_event", "incident_payer", "sla_case", "deadline", "audit"} <= {
            name for name, rows in written.items() if rows
        }
    for answers in zip(alone, together, numbers[: len(told)], numbers[len(told) :], strict=True):
        first, second, one, other = answers
        assert first.status_code == second.status_code == 201
        assert second.headers["location"] == f"/api/v1/incidents/{other}"
        assert first.body.replace(one.encode(), other.encode()) == second.body


def test_numbers_go_by_the_order_of_arrival_and_the_day_of_the_start(world: World) -> None:
    lin = world.actor("lin")
    told = told_at(world)
    with world.platform.db.write("lin") as session:
        found = report_all(world.platform, session, world.now, [(lin, each) for each in told])
        assert [each.number for each in found] == [
            *(f"F20260303-{place:04d}" for place in range(1, len(told))), "F20260302-0001",
        ]  # fmt: skip
        assert [each.incident.title for each in found] == [each.title for each in told]
        again = report_all(world.platform, session, world.now, [(lin, told[0])])
    assert again[0].number == f"F20260303-{len(told):04d}"


def test_a_wrong_report_is_named_to_its_own_and_harms_no_neighbour(world: World) -> None:
    platform, lin = world.platform, world.actor("lin")
    wrong = Report("", "system_general", ["nothing"], ["city"])
    works = [_Report(platform, lin, each) for each in (TOLD["plain"], wrong, TOLD["hardware"])]
    first, refused, last = done_together(platform.db, *works)
    assert [json.loads(each.body)["number"] for each in (first, last)] == ["F20260303-0001", "F20260303-0002"]
    assert isinstance(refused, Invalid)
    assert [each.field for each in refused.errors] == ["title", "modules"]
    with platform.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 2


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_neighbours_share_their_statements(world: World) -> None:
    platform, lin = world.platform, world.actor("lin")
    world.report()  # the day's counter is there
    with statements(world) as said, platform.db.write("lin") as session:
        report_all(platform, session, world.now, [(lin, TOLD["plain"])] * 9)
    for begins in (
        "UPDATE counter",
        "INSERT INTO incident ",
        "INSERT INTO sla_case ",
        "INSERT INTO sla_verdict",
    ):
        assert len([each for each in said if each.startswith(begins)]) == 1, begins
