"""The ops board: what is late or dead stands there, with the button that mends it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from incidents.heartbeat import audit
from kernel.feed import DatabaseFeed
from kernel.jobs.models import JobState
from kernel.outbox import Draft, enqueue
from kernel.outbox.models import DEAD, Message
from kernel.outbox.service import MAX_ATTEMPTS
from sla.deadlines.jobs import tick
from sla.deadlines.models import Deadline
from tests.support.probes import configure, results, trackers
from tests.support.web import Site, statements
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)


def well(world: World) -> None:
    tick(world.platform)
    audit(world.platform)


def dead_letters(world: World, many: int = 1) -> None:
    drafts = [Draft(f"k{n}", "r", "email", "a@example.test", f"致甲方的信{n}", "正文") for n in range(many)]
    with world.platform.db.write() as session:
        enqueue(session, world.now, drafts)
        session.execute(
            update(Message)
            .where(Message.title.startswith("致甲方的信"))
            .values(state=DEAD, answer="550 查无此人")
        )


def job(world: World, name: str, failures: int = 0, ago: float = 0) -> None:
    at = world.now - timedelta(seconds=ago)
    row = {
        "name": name,
        "started_at": at,
        "finished_at": at,
        "lateness": 0.0,
        "done": 0,
        "failures": failures,
    }
    with world.platform.db.write() as session:
        session.execute(insert(JobState), row | {"error": "ValueError: 坏了" if failures else None})


def trouble(world: World, many: int) -> None:
    for number in range(many):
        configure(world, f"portal-{number}", name=f"门户{number}")
    for tracker in trackers(world):
        results(world, tracker, "--", step=0)
    dead_letters(world, many)


def test_where_nothing_is_wrong_it_says_so(site: Site, world: World) -> None:
    well(world)
    text = site.page("he").get("/ops").text
    assert "一切正常" in text
    assert 'data-live-url="/ops/live"' in text
    assert "stat--over" not in text


def test_an_engine_that_was_never_seen_is_the_first_trouble(site: Site) -> None:
    text = site.page("he").get("/ops").text
    assert "期限引擎没有心跳" in text
    assert text.index("期限引擎没有心跳") < text.index("异常的探测")


def test_an_audit_that_is_not_clean_for_five_minutes_is_named(site: Site, world: World) -> None:
    well(world)
    world.clock.advance(timedelta(minutes=6))
    tick(world.platform)
    text = site.page("he").get("/ops/live").text
    assert "没有一次核查确认" in text
    assert "没有心跳" not in text


def test_a_probe_that_is_down_can_be_tested_at_once(site: Site, world: World) -> None:
    configure(world)
    results(world, trackers(world)[0], "+--")
    text = site.page("he").get("/ops/live").text
    assert "门户首页" in text
    assert 'action="/probes/portal/test"' in text
    assert "refused" in text


def test_a_dead_letter_can_be_sent_again_from_here(site: Site, world: World) -> None:
    well(world)
    dead_letters(world)
    page = site.page("he")
    text = page.get("/ops/live").text
    assert "致甲方的信0" in text
    assert "550 查无此人" in text
    [action] = re.findall(r'action="(/outbox/\d+/retry)"', text)
    assert page.submit(action).status_code == 303
    text = page.get("/ops/live").text
    assert "/retry" not in text
    assert "待发 1 条" in text


def test_a_job_that_fails_or_was_not_begun_stands_before_the_others(site: Site, world: World) -> None:
    well(world)
    for name in ("bus.dispatch", "feed.prune"):
        job(world, name)
    job(world, "sla.deadlines", failures=3)
    job(world, "monitoring.runner", ago=200)
    text = site.page("he").get("/ops/live").text
    order = [text.index(name) for name in ("sla.deadlines", "monitoring.runner", "bus.dispatch")]
    assert order == sorted(order)
    assert "失败 3 次" in text
    assert "未按时开始" in text
    assert "ValueError: 坏了" in text


def test_a_job_that_runs_seldom_is_not_overdue_between_its_runs(site: Site, world: World) -> None:
    well(world)
    job(world, "feed.prune", ago=3500)
    assert "未按时开始" not in site.page("he").get("/ops/live").text


def test_late_deadlines_and_stuck_messages_are_counted_as_trouble(site: Site, world: World) -> None:
    world.report()
    well(world)
    with world.platform.db.write() as session:
        session.execute(update(Deadline).values(wake_at=world.now - timedelta(minutes=2)))
        old = Draft("k", "r", "email", "a@example.test", "信", "正文")
        enqueue(session, world.now - timedelta(minutes=2), [old])
    text = site.page("he").get("/ops").text
    assert "一切正常" not in text
    assert re.search(r'stat--over" href="/deadlines"', text)
    assert re.search(r'stat--near" href="/outbox\?state=dead"', text)


def test_it_costs_no_more_sql_however_much_is_wrong(site: Site, world: World) -> None:
    page = site.page("he")
    trouble(world, 1)
    page.get("/ops")
    with statements(world) as few:
        page.get("/ops")
    trouble_more(world)
    with statements(world) as many:
        text = page.get("/ops").text
    assert len(many) <= len(few) < 16
    assert text.count("/test") == 8, "the first of many"


def trouble_more(world: World) -> None:
    for number in range(1, 30):
        configure(world, f"portal-{number}", name=f"门户{number}")
    for tracker in trackers(world):
        results(world, tracker, "--", step=0)
    for number in range(30):
        job(world, f"unknown.{number}", failures=2)


@pytest.mark.parametrize(("who", "status"), [("he", 200), ("auditor", 200), ("lin", 403), ("wang", 403)])
def test_it_is_for_operations(site: Site, who: str, status: int) -> None:
    assert site.page(who).get("/ops").status_code == status


def test_the_auditor_sees_it_without_its_buttons(site: Site, world: World) -> None:
    trouble(world, 1)
    text = site.page("auditor").get("/ops").text
    assert "致甲方的信0" in text
    assert "/retry" not in text
    assert "/test" not in text


def test_open_boards_hear_of_a_message_that_fails(site: Site, world: World) -> None:
    feed = DatabaseFeed(world.platform.db)
    before = feed.last_id()
    with world.platform.db.write() as session:
        enqueue(session, world.now, [Draft("k", "r", "carrier-pigeon", "roof", "信", "正文")])
        session.execute(update(Message).values(attempts=MAX_ATTEMPTS))
    world.settle()
    assert "ops" in {item.type for item in feed.after(before)}


def test_it_is_all_english_for_whoever_reads_english(site: Site, world: World) -> None:
    trouble(world, 1)
    html = site.page("he", "en").get("/ops").text
    said = re.findall(r"<(?:h1|h2|button|th)\b[^>]*>(.*?)</", html, flags=re.DOTALL)
    assert [t for t in said if re.search("[\u4e00-\u9fff]{2,}", re.sub("<[^>]+>", "", t))] == []
