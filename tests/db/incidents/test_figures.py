"""One set of figures: report, ledger, lists and an independent audit of the export agree."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from incidents import queries
from sla import pinned
from sla.audit.interchange import read_interchange
from sla.audit.judge import audit_log
from sla.events import to_interchange
from sla.penalties.queries import listing as ledger
from sla.report.data import SlaReport, gather
from sla.report.figures import figures_of
from tests.support.ledger import at
from tests.support.stories import story
from tests.support.world import World

FAR = datetime.max.replace(tzinfo=UTC)
SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def day(world: World) -> World:
    return lived(world)


@story
def lived(world: World) -> World:
    """A day with a met, a missed, a major, a reclassified and a county's incident, and one still open."""
    met, slow, county = (
        world.report(),
        world.report(fault_class="line_general"),
        world.report(payers=["suixi"]),
    )
    world.run_for(minutes=10)
    for number in (met, county):
        world.happen(number, "responded", text="到")
    world.run_for(minutes=30)
    major = world.report(fault_class="system_major")
    world.happen(major, "class_changed", fault_class="hardware")
    world.happen(slow, "responded", text="才到")
    world.run_for(hours=1)
    world.happen(met, "restored", text="好")
    world.run_for(hours=5)
    world.happen(county, "restored", text="好")
    world.happen(slow, "restored", text="好", at=world.now - timedelta(hours=1))
    world.happen(major, "note", text="还在处理")
    world.run_until(at(world, 17, 1))
    return world


def report(world: World, who: str = "wang") -> SlaReport:
    contract, now = pinned.in_force(world.platform), world.now
    with world.platform.db.read() as session:
        return gather(session, world.actor(who), contract, now - timedelta(days=1), now, now)


@SQLITE
def test_the_report_counts_what_the_lists_show(day: World) -> None:
    found = report(day)
    with day.platform.db.read() as session:
        rows, _ = queries.listing(session, day.actor("wang"), queries.Filter())
    assert (found.incidents, found.open) == (len(rows), sum(r.restored_at is None for r in rows))
    assert found.major == sum(r.major_since is not None for r in rows)
    assert sum(row.incidents for row in found.classes) == found.incidents


def test_the_report_says_what_the_ledger_says(day: World) -> None:
    found = report(day)
    with day.platform.db.read() as session:
        rows, _ = ledger(session, day.actor("wang"))
        standing = [p.amount for p, _ in rows if p.state != "reversed"]
    assert (found.penalty_cases, found.penalty_total) == (len(standing), sum(standing, Decimal(0)))
    assert found.penalty_total == sum(day.case(c.subject).penalty for c in found.missed)
    assert {c.subject for c in found.missed} == {c.subject for _, c in rows}


@SQLITE
def test_the_report_counts_the_broadcasts_that_the_incidents_show(day: World) -> None:
    owed = [b for n in numbers(day) for b in day.broadcasts(n) if b.slot >= 0 and _owed(day, n, b.due_at)]
    states = [b.state for b in owed]
    found = report(day).broadcasts
    assert found["owed"] == len(states)
    assert found["on_time"] == states.count("sent")


def _owed(world: World, number: str, due: datetime) -> bool:
    return due <= world.now and due < (world.incident(number).restored_at or FAR)


def numbers(world: World) -> list[str]:
    with world.platform.db.read() as session:
        return [i.number for i in queries.listing(session, world.actor("wang"), queries.Filter())[0]]


@SQLITE
def test_a_county_reads_its_own_figures_only(day: World) -> None:
    found = report(day, "sun")
    assert (found.incidents, [c.payers for c in found.missed], found.penalty_cases) == (1, ["suixi"], 1)


def audited(world: World, folder: Path) -> dict[str, dict[str, Any]]:
    lines = []
    with world.platform.db.read() as session:
        for incident, events in queries.histories(session, world.actor("wang"), queries.Filter()):
            lines += [json.dumps(to_interchange(incident.number, e), ensure_ascii=False) for e in events]
    path = folder / "export.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    contract = pinned.in_force(world.platform)
    result = audit_log(contract, read_interchange(str(path), contract, world.now), details=True)
    return {d["incident"]: d for d in result.as_dict()["details"]}


@SQLITE
def test_an_audit_of_the_export_comes_to_the_platforms_verdicts(day: World, tmp_path: Path) -> None:
    found = audited(day, tmp_path)
    assert set(found) == set(numbers(day))
    for number, verdict in found.items():
        case = day.case(number)
        assert verdict["response"]["state"] == case.response_state
        assert verdict["repair"]["state"] == case.repair_state
        assert verdict["provider_view"]["repair"]["state"] == case.provider_repair_state
        assert verdict["penalty"] == f"{case.penalty:.2f}"
        assert verdict["slots"] == case.slots_owed
        assert verdict["fault_class"] == case.fault_class


@SQLITE
def test_a_report_without_any_incident_has_no_percentages(world: World) -> None:
    figures = figures_of(report(world))
    assert figures["incidents"] == 0
    assert report(world).response.attainment is None
    assert report(world).punctuality is None
