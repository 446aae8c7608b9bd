"""The incident's page says in words why the parties' views differ, and what agreeing would change."""

from __future__ import annotations

import pytest

from tests.support.ledger import at
from tests.support.web import Site

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def page(site: Site, number: str) -> str:
    return site.page("wang").get(f"/incidents/{number}").text


@pytest.mark.parametrize(("answered", "then"), [(True, "¥0.00"), (False, "¥2,300.00")])
def test_a_class_change_is_explained_with_what_it_is_worth(site: Site, answered: bool, then: str) -> None:
    """Example 6; a missed response would still cost one case (§2.9)."""
    world = site.world
    number = world.report()
    if answered:
        world.happen(number, "responded", text="到")
    world.run_until(at(world, 12))
    world.happen(number, "class_changed", fault_class="system_major")
    world.run_until(at(world, 16, 30))
    world.happen(number, "restored", text="好")
    assert f"违约金由¥2,300.00变为{then}" in page(site, number)
    assert "甲方尚未会签" in page(site, number)
    world.happen(number, "class_refused", "wang")
    assert "为何不同" not in page(site, number)


def test_an_undecided_exclusion_is_named(site: Site) -> None:
    number = site.world.report()
    period = {"from": at(site.world, 9), "to": at(site.world, 9, 30)}
    site.world.happen(number, "exclusion_claimed", reason="customer", **period)
    assert "申请 C1 主张剔除" in page(site, number)
