"""Being watched from outside: the platform's health for anybody, a witness's absences by machine token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from incidents.heartbeat import audit
from kernel.audit import AuditEntry
from kernel.identity.setup import add_member
from sla.deadlines import BlindTime
from sla.deadlines.jobs import tick
from tests.support.people import PASSWORD
from tests.support.web import Site
from tests.support.world import World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(world: World) -> Site:
    add_member(
        world.platform,
        "outside",
        "外部看守",
        PASSWORD,
        unit_key="watch",
        roles=["watcher"],
        must_change=False,
    )
    return Site(world)


def told(world: World, first: float = 30, last: float = 10, **more: Any) -> dict[str, Any]:
    """An absence that began and ended so many minutes ago."""
    return {
        "from": (world.now - first * MINUTE).isoformat(), "to": (world.now - last * MINUTE).isoformat()
    } | more  # fmt: skip


def blind(world: World) -> list[tuple[str, float]]:
    with world.platform.db.read() as session:
        found = session.scalars(select(BlindTime).order_by(BlindTime.id)).all()
        return [(b.reason, (b.to_at - b.from_at).total_seconds() / 60) for b in found]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_anybody_may_ask_how_the_platform_is(site: Site, world: World) -> None:
    before = site.api(None).get("/api/v1/health").json()
    assert before == {
        "now": before["now"], "engine_seen_at": None, "deadlines_audited_at": None
    }  # fmt: skip
    tick(world.platform)
    audit(world.platform)
    after = site.api(None).get("/api/v1/health").json()
    assert after["engine_seen_at"] == after["deadlines_audited_at"] == after["now"]


def test_an_absence_is_on_record_once_with_its_source(site: Site, world: World) -> None:
    outside = site.api("outside")
    body = told(world, why="silent")
    assert [outside.post("/api/v1/blind-time", json=body).json() for _ in range(2)] == [
        {"recorded": True}, {"recorded": False}
    ]  # fmt: skip
    assert blind(world) == [("outside_watcher", 20.0)]
    with world.platform.db.read() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "engine.blind")).all()
    assert entry.actor == "outside"
    assert "silent" in str(entry.detail)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_it_stands_in_the_report_of_that_time(site: Site, world: World) -> None:
    world.clock.advance(timedelta(hours=8))
    site.api("outside").post("/api/v1/blind-time", json=told(world))
    page = site.page("wang").get("/reports/sla").text
    assert "外部看守所见" in page
    figures = site.api("wang").get("/api/v1/reports/sla?format=json").json()
    assert [b["reason"] for b in figures["blind_time"]] == ["outside_watcher"]
    assert "外部看守所见" in site.page("he").get("/deadlines").text


def test_a_witness_changes_no_verdict(site: Site, world: World) -> None:
    """Whoever runs the watcher could otherwise make a missed deadline unobserved."""
    number = world.report()
    world.run_for(minutes=40)
    assert world.case(number).response_state == "missed"
    assert site.api("outside").post("/api/v1/blind-time", json=told(world, 40, 1)).json()["recorded"]
    world.run_for(minutes=1)
    assert world.case(number).response_state == "missed"
    assert "blind_from" not in world.kinds(number)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(10, 30, "from"), (10, 10, "from"), (10, -5, "to"), (60 * 24 * 40, 10, "from")],
)
def test_an_absence_that_cannot_be_is_refused_by_its_field(
    site: Site, world: World, first: float, last: float, field: str
) -> None:
    answer = site.api("outside").post("/api/v1/blind-time", json=told(world, first, last))
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert blind(world) == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_end_a_little_ahead_by_the_others_clock_is_cut_to_now(site: Site, world: World) -> None:
    assert site.api("outside").post("/api/v1/blind-time", json=told(world, 10, -0.5)).is_success
    assert blind(world) == [("outside_watcher", 10.0)]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("who", "status"), [(None, 401), ("he", 403), ("wang", 403), ("zhou", 403)])
def test_only_the_watchers_token_bears_witness(
    site: Site, world: World, who: str | None, status: int
) -> None:
    client: httpx.Client = site.api(who)
    assert client.post("/api/v1/blind-time", json=told(world)).status_code == status
    assert blind(world) == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("body", [{}, [], {"from": "x", "to": "y"}, {"from": 7, "to": None, "more": 1}])
def test_nonsense_is_refused(site: Site, body: Any) -> None:
    assert site.api("outside").post("/api/v1/blind-time", json=body).status_code == 422
