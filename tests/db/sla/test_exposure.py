"""Yuan at risk of the incidents that are open: on their page, the first page and /metrics."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from sla import pinned
from sla.exposure.service import Exposure, exposure
from tests.support.web import Site, statements
from tests.support.world import World


def repaired(world: World, many: int, hours: float = 1) -> None:
    """Add past faults of the same class, each answered at once."""
    for _ in range(many):
        start = world.now - timedelta(hours=hours)
        number = world.report(reported_at=start)
        world.happen(number, "responded", at=start + timedelta(minutes=5), text="到")
        world.happen(number, "restored", at=world.now, text="好")


def found(world: World, scopes: frozenset[str] | None = None) -> Exposure:
    with world.platform.db.read() as session:
        return exposure(session, pinned.in_force(world.platform), world.now, scopes)


def test_with_too_few_similar_cases_the_chance_is_unknown(world: World) -> None:
    repaired(world, 9)
    world.report()
    risk = found(world)
    assert (risk.at_risk, risk.expected, risk.unknown) == (Decimal("2300.00"), Decimal("0.00"), 1)


def test_past_repairs_tell_what_to_expect(world: World) -> None:
    repaired(world, 15)
    repaired(world, 5, hours=5)  # beyond the four hours of the class
    number = world.report()
    world.happen(number, "responded", text="到")
    risk = found(world)
    [(case, mine)] = risk.cases
    assert (case.subject, mine.chance.probability, mine.chance.sample) == (number, Decimal("0.2500"), 20)
    assert (risk.at_risk, risk.expected, risk.unknown) == (Decimal("2300.00"), Decimal("575.00"), 0)


def test_the_longer_it_lasts_the_likelier_it_gets(world: World) -> None:
    repaired(world, 10, hours=1)
    repaired(world, 10, hours=5)
    number = world.report()
    world.happen(number, "responded", text="到")
    early = found(world).expected
    world.run_for(hours=2)
    assert (early, found(world).expected) == (Decimal("1150.00"), Decimal("2300.00"))


def test_what_is_missed_already_is_no_longer_at_risk(world: World) -> None:
    world.report()
    world.run_for(hours=5)
    assert (found(world).at_risk, found(world).cases) == (Decimal("0.00"), [])


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_county_sees_its_own_risk(world: World) -> None:
    world.report(payers=["city"])
    world.report(payers=["suixi"])
    assert found(world, frozenset({"suixi"})).at_risk == Decimal("2300.00")
    assert found(world).at_risk == Decimal("4600.00")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_drill_risks_nothing(world: World) -> None:
    world.report(drill=True)
    assert found(world).at_risk == Decimal("0.00")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_statements_do_not_grow_with_what_is_open(world: World) -> None:
    world.report()
    found(world)
    with statements(world) as few:
        found(world)
    for _ in range(20):
        world.report()
    with statements(world) as many:
        found(world)
    assert len(few) == len(many) <= 6


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_it_is_shown_with_its_sample_and_scraped(world: World) -> None:
    site = Site(world)
    first = world.report()
    assert "概率未知" in site.page("lin").get(f"/incidents/{first}").text
    repaired(world, 12)
    page = site.page("lin").get(f"/incidents/{first}").text
    assert "超时概率 0%（依据同类12起）" in page
    assert "在险违约金" in site.page("wang").get("/").text
    metrics = site.page().get("/metrics").text
    assert "shoushi_yuan_at_risk 2300.0" in metrics
    assert "shoushi_expected_penalty_yuan 0.0" in metrics
