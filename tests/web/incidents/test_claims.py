"""An exclusion claimed once for many incidents and decided once, or for each (第二十九条)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.ledger import at, entries
from tests.support.stories import story
from tests.support.web import Site
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
FLOOD = {"reason": "force_majeure", "text": "暴雨致机房断电，附供电公司通知。"}


@story
def flooded(world: World) -> list[str]:
    """Two incidents that a flood from 10:00 to 16:00 makes six hours long, and one that is over before it."""
    over = world.report(title="早已恢复")
    world.happen(over, "responded", text="到")
    world.happen(over, "restored", text="好")
    numbers = [world.report(title="甲", payers=["city"]), world.report(title="乙", payers=["suixi"])]
    for number in numbers:
        world.happen(number, "responded", text="到")
    world.run_until(at(world, 16))
    for number in numbers:
        world.happen(number, "restored", text="好")
    return numbers


def claimed(site: Site, **more: Any) -> Any:
    world = site.world
    period = {"from": at(world, 10).isoformat(), "to": at(world, 16).isoformat()}
    return site.api("zhou").post("/api/v1/claims", json={**FLOOD, **period, **more})


def states(world: World, numbers: list[str]) -> list[tuple[str, str]]:
    return [(world.case(n).repair_state, world.case(n).provider_repair_state) for n in numbers]


def test_one_claim_concerns_every_open_incident_and_changes_only_the_providers_view(site: Site) -> None:
    numbers = flooded(site.world)
    made = claimed(site)
    assert made.status_code == 201
    assert made.json()["number"] == "C2026-0001"
    assert made.json()["incidents"] == [{"number": n, "state": "claimed"} for n in numbers]
    assert states(site.world, numbers) == [("missed", "met")] * 2


def test_party_a_decides_once_for_all(site: Site) -> None:
    numbers = flooded(site.world)
    claimed(site)
    done = site.api("wang").post("/api/v1/claims/C2026-0001/decisions", json={"decision": "approve"})
    assert [p["state"] for p in done.json()["incidents"]] == ["approved", "approved"]
    assert states(site.world, numbers) == [("met", "met")] * 2
    assert [entries(site.world, n)[-1] for n in numbers] == [("reversed", "-2300.00")] * 2
    again = site.api("wang").post("/api/v1/claims/C2026-0001/decisions", json={"decision": "approve"})
    assert again.status_code == 409


def test_or_for_each(site: Site) -> None:
    first, second = numbers = flooded(site.world)
    claimed(site)
    browser = site.page("wang")
    url = "/claims/C2026-0001/decisions"
    assert browser.submit(url, decision="approve", incidents=first).status_code == 303
    refused = browser.submit(url, decision="refuse", incidents=second)
    assert (refused.status_code, "请说明不同意的理由" in refused.text) == (422, True)
    assert browser.submit(url, decision="refuse", incidents=second, text="未断电").status_code == 303
    assert states(site.world, numbers) == [("met", "met"), ("missed", "missed")]
    assert [site.world.incident(n).awaiting for n in numbers] == [1, 1]


@SQLITE
def test_who_may_claim_decide_and_see(site: Site) -> None:
    _, touching = flooded(site.world)
    period = {"from": "2026-03-03T10:00", "to": "2026-03-03T16:00"}
    assert site.page("wang").submit("/claims", **FLOOD, **period).status_code == 403
    made = site.page("zhou").submit("/claims", **FLOOD, **period)
    assert (made.status_code, made.headers["location"]) == (303, "/claims/C2026-0001")
    for who in ("zhou", "sun", "auditor"):
        body = {"decision": "approve"}
        assert site.api(who).post("/api/v1/claims/C2026-0001/decisions", json=body).status_code == 403
    own = site.api("sun").get("/api/v1/claims/C2026-0001").json()
    assert [p["number"] for p in own["incidents"]] == [touching]
    assert "C2026-0001" in site.page("auditor").get("/claims").text
    assert "<form" not in site.page("auditor").get("/claims/C2026-0001").text.split("<main")[1]


@SQLITE
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": "rain"}, "reason"),
        ({"to": "2026-03-03T01:00:00+08:00"}, "to"),
        ({"text": " "}, "text"),
        ({"from": "2020-01-01T00:00:00+08:00", "to": "2020-01-02T00:00:00+08:00"}, "from"),
        ({"from": "2099-01-01T00:00:00+08:00", "to": "2099-01-02T00:00:00+08:00"}, "from"),
    ],
)
def test_a_claim_that_cannot_be_is_refused_by_field(site: Site, wrong: dict[str, str], field: str) -> None:
    flooded(site.world)
    answer = claimed(site, **wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert site.api("zhou").get("/api/v1/claims").json()["items"] == []


@SQLITE
def test_what_was_typed_comes_back(site: Site) -> None:
    answer = site.page("zhou").submit(
        "/claims", reason="customer", text="等待端口开放", **{"from": "x", "to": ""}
    )
    assert (answer.status_code, "等待端口开放" in answer.text) == (422, True)
