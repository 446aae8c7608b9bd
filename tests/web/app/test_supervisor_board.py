"""Party A's board: everything that awaits it, each leading to where it is decided, and constant SQL."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sla import pinned
from sla.report.trend import months_before, trend
from tests.support.web import Site
from tests.web.app.test_pages import grow, numbers_of_statements

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def eventful(site: Site, payers: list[str]) -> str:
    """A missed fault, restored and waiting to be accepted."""
    number = site.world.report(payers=payers)
    site.world.run_for(hours=5)
    site.world.happen(number, "restored", text="已恢复")
    site.world.run_for(minutes=1)
    return number


def test_what_awaits_party_a_leads_to_where_it_is_decided(site: Site) -> None:
    number = eventful(site, ["city"])
    page = site.page("wang").get("/supervisor").text
    for href in (f"/incidents/{number}", "/penalties/P2026-0001", "/obligations"):
        assert f'href="{href}"' in page
    assert "2,300.00" in page


def test_an_empty_board_says_what_will_come(site: Site) -> None:
    page = site.page("wang").get("/supervisor").text
    assert "台账里还没有违约记录" in page
    assert "还没有冻结的月度报告" in page


def test_a_county_sees_its_own_only(site: Site) -> None:
    city, county = eventful(site, ["city"]), eventful(site, ["suixi"])
    page = site.page("sun").get("/supervisor").text
    assert county in page
    assert city not in page
    assert "市本级" not in page


@pytest.mark.parametrize(
    ("who", "status"), [("wang", 200), ("sun", 200), ("auditor", 200), ("lin", 403), ("qian", 403)]
)
def test_the_board_is_for_those_who_supervise(site: Site, who: str, status: int) -> None:
    assert site.page(who).get("/supervisor").status_code == status
    assert site.page(who).get("/supervisor/live").status_code == status


def test_the_sql_of_the_board_does_not_grow_with_the_data(site: Site) -> None:
    eventful(site, ["city"])
    grow(site.world, 3)
    few = numbers_of_statements(site, "wang", ["/supervisor"])
    grow(site.world, 12)
    assert numbers_of_statements(site, "wang", ["/supervisor"]) == few


def test_each_month_counts_the_faults_that_began_in_it(site: Site) -> None:
    world = site.world
    for days, faults in ((0, 2), (35, 1), (31, 3)):
        world.clock.move_to(world.now + timedelta(days=days))
        for _ in range(faults):
            world.report()
    with world.platform.db.read() as session:
        found = trend(session, pinned.in_force(world.platform), None, world.now, 4)
    assert [(m.first.isoformat(), m.incidents) for m in found] == [
        ("2026-02-01", 0), ("2026-03-01", 2), ("2026-04-01", 1), ("2026-05-01", 3),
    ]  # fmt: skip


def test_months_are_counted_backwards_over_the_year(kind: str) -> None:
    assert kind
    found = [d.isoformat() for d in months_before(date(2026, 1, 31), 3)]
    assert found == ["2025-11-01", "2025-12-01", "2026-01-01"]
