"""Pages of those who watch, in a real browser: accessible at every size, and a wall that fits its screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from kernel.jobs.models import JobState
from kernel.outbox import Draft, enqueue
from kernel.outbox.models import DEAD, Message
from tests.e2e.test_browser_both_parties import DESK, PHONE, faults
from tests.support.alerts import alert, receive
from tests.support.browser import visiting
from tests.support.duty import add_deputy, publish
from tests.support.probes import configure, results, trackers
from tests.support.web import MAJOR, Site
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
Visit = Callable[..., Any]
PAGES = {
    "he": [
        "/ops", "/probes", "/probes/portal", "/probes/new", "/probes/new?kind=line",
        "/probes/new?kind=journey", "/probes/availability", "/outbox", "/jobs",
        "/deadlines", "/alerts", "/wall",
    ],
    "zhou": ["/duty", "/oncall", "/wall", "/account", "/account/contacts", "/incidents/phone"],
    "auditor": ["/ops"],
}  # fmt: skip
WALL = {"width": 1920, "height": 1080}


def troubled(world: World) -> World:
    """A night on which something of everything is wrong."""
    add_deputy(world)
    publish(world)
    configure(world)
    configure(world, "hall", name="办事大厅", payer="suixi")
    for tracker in trackers(world):
        results(world, tracker, "+--" if tracker.key == "portal" else "++", step=20)
    receive(world, alert("DocumentsDown"), alert("PostgresqlDown", module="todo"))
    world.report("lin", **MAJOR)
    world.run_for(minutes=20)
    old = world.now - timedelta(minutes=5)
    row = {"started_at": old, "finished_at": old, "lateness": 0.1, "done": 0, "error": None}
    with world.platform.db.write() as session:
        to = ("r", "email", "a@example.test", "致甲方的信", "正文")
        enqueue(session, old, [Draft(key, *to) for key in ("ka", "kb")])
        dead = update(Message).where(Message.key == "ka")
        session.execute(dead.values(state=DEAD, answer="550 5.1.1 查无此人"))
        bad = {"name": "sla.deadlines", "failures": 3} | row | {"error": "OperationalError: 数据库已锁定"}
        session.execute(insert(JobState), [bad, {"name": "bus.dispatch", "failures": 0} | row])
    return world


@pytest.fixture
def visit(world: World) -> Iterator[Visit]:
    with visiting(Site(troubled(world)), DESK) as start:
        yield start


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_every_page_of_those_who_watch_is_accessible(visit: Visit, size: Any, scheme: str) -> None:
    found = []
    for who, paths in PAGES.items():
        page = visit(who, size, scheme)
        for path in paths:
            found += faults(page, path)
    assert found == [], "\n\n".join(found)


def test_the_wall_fits_its_screen_without_scrolling(visit: Visit) -> None:
    page = visit("zhou", WALL)
    page.goto("/wall")
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    assert page.locator(".board__roster").inner_text().count("\n") < 4


def test_a_dead_letter_is_sent_again_with_one_thumb(visit: Visit) -> None:
    page = visit("he", PHONE)
    page.goto("/ops")
    button = page.locator('form[action$="/retry"] button').first
    button.click()
    page.wait_for_url("**/outbox")
    page.goto("/ops")
    assert page.locator('form[action$="/retry"]').count() == 0
