"""Both parties in a real browser: a penalty confirmed, contested, waived; who only looks changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kernel.edge.access import COOKIE
from tests.support.browser import chromium_browser
from tests.support.web import Serving, Site
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
Visit = Callable[[str], Any]


@pytest.fixture
def visit(world: World) -> Iterator[Visit]:
    """Open a page as somebody, on a phone."""
    site = Site(world)
    serving = Serving(site.app)
    with chromium_browser() as browser:

        def start(who: str) -> Any:
            size = {"width": 390, "height": 844}
            context = browser.new_context(base_url=serving.url, viewport=size, locale="zh-CN")
            context.add_cookies([{"name": COOKIE, "value": site.login(who)[0], "url": serving.url}])
            return context.new_page()

        yield start
    serving.stop()


def penalised(world: World, payer: str) -> None:
    number = world.report(payers=[payer])
    world.happen(number, "restored", text="好")
    world.run_for(hours=1)


def decide(page: Any, decision: str, reason: str = "") -> None:
    """Press the decision's button, give the reason, send it."""
    page.goto("/penalties/P2026-0001")
    page.locator(f'[data-dialog-open="decide-{decision}"]').first.click()
    dialog = page.locator(f"dialog#decide-{decision}")
    if reason:
        dialog.locator("textarea[name=reason]").fill(reason)
    dialog.locator("button[type=submit]").click()
    page.locator(f"dialog#decide-{decision}").wait_for(state="detached")


def test_confirmed_contested_waived_and_looked_at(visit: Visit, world: World) -> None:
    penalised(world, "city")
    penalised(world, "suixi")
    supervisor, provider = visit("wang"), visit("zhou")
    decide(supervisor, "confirm")
    decide(provider, "contest", "当日停电，附通知。")
    supervisor.goto("/decisions")
    assert "P2026-0001" in supervisor.content()
    decide(supervisor, "waive", "经核实属实。")
    assert "已免除" in supervisor.locator("main").inner_text()
    auditor, county = visit("auditor"), visit("sun")
    auditor.goto("/penalties/P2026-0001")
    assert "当日停电" in auditor.content()
    assert auditor.locator("main form").count() == 0
    county.goto("/penalties")
    assert "P2026-0001" not in county.content()
    county.goto("/penalties/P2026-0002")
    assert county.locator("main form").count() == 0
