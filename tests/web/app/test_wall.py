"""The duty wall: what is wrong stands there, with its clock; nobody who sees only one payer sees it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dashboards.wall import SHOWN
from oa.affairs.duty.rules import PRIMARY
from tests.support.duty import add_deputy, add_ni, publish, take_over
from tests.support.probes import configure, results, trackers
from tests.support.web import MAJOR, Site, statements
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)


def test_a_calm_wall_says_so(site: Site) -> None:
    text = site.page("zhou").get("/wall").text
    assert "一切正常" in text
    assert 'data-theme="wall"' in text
    assert 'data-live-url="/wall/live"' in text


def test_an_open_incident_stands_there_with_its_clock_and_its_next_broadcast(
    site: Site, world: World
) -> None:
    number = world.report("lin", **MAJOR)
    world.run_for(minutes=5)
    text = site.page("zhou").get("/wall/live").text
    assert MAJOR["title"] in text
    assert "data-countdown" in text
    assert "09:30" in text
    assert number in text
    assert text.count("health__cell--over") == 1


def test_probes_colour_the_health_of_their_module_for_every_payer(site: Site, world: World) -> None:
    configure(world, payer=None)
    results(world, trackers(world)[0], "+")
    assert site.page("lin").get("/wall/live").text.count("health__cell--ok") == 5
    results(world, trackers(world)[0], "--")
    assert site.page("lin").get("/wall/live").text.count("health__cell--over") == 5


def test_what_does_not_fit_is_counted_and_costs_no_more_sql(site: Site, world: World) -> None:
    page = site.page("wang")
    world.report("lin")
    page.get("/wall")
    with statements(world) as few:
        page.get("/wall")
    for _ in range(SHOWN + 1):
        world.report("lin")
    with statements(world) as many:
        text = page.get("/wall").text
    assert "另有 2 起" in text
    assert len(many) <= len(few)


@pytest.mark.parametrize(
    ("who", "status"), [("he", 200), ("lin", 200), ("wang", 200), ("sun", 403), ("qian", 403)]
)
def test_it_is_for_those_who_may_see_every_payer(site: Site, who: str, status: int) -> None:
    assert site.page(who).get("/wall").status_code == status


def test_who_is_on_duty_stands_there_with_the_next_handoff(site: Site, world: World) -> None:
    add_deputy(world)
    publish(world)
    add_ni(world)
    take_over(world, "ni", PRIMARY, world.now + timedelta(hours=2), world.now + timedelta(hours=4))
    text = re.sub(r"<[^>]+>|\s+", " ", site.page("zhou").get("/wall/live").text)
    said = re.sub(r" +", " ", text)
    assert "主班 林工" in said
    assert "副班 段工" in said
    assert "带班领导 周经理" in said
    assert re.search(r"下次交接 .*11:00 主班 倪工", said)


def test_a_role_that_nobody_has_is_said_to_be_empty(site: Site) -> None:
    text = site.page("zhou").get("/wall/live").text
    assert text.count("board__on-duty--none") == 3
    assert "下次交接" not in text
