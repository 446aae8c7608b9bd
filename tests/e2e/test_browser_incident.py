"""The product in a real browser: an incident's life on a phone, live tabs, accessibility of every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kernel.edge.access import COOKIE
from tests.support.browser import chromium_browser
from tests.support.people import PASSWORD
from tests.support.web import Serving, Site
from tests.support.world import START

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
PHONE = {"width": 390, "height": 844}
Open = Callable[..., Any]


@pytest.fixture
def clock() -> Any:
    """A clock that goes on from START."""
    from kernel.clock import AcceleratedClock

    return AcceleratedClock(1.0, START)


@pytest.fixture
def site(world: Any) -> Site:
    return Site(world)


@pytest.fixture
def serving(site: Site) -> Iterator[Serving]:
    running = Serving(site.app)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with chromium_browser() as launched:
        yield launched


@pytest.fixture
def visit(chromium: Any, serving: Serving, site: Site) -> Iterator[Open]:
    """Open pages, each person in a context of their own; no page may complain or scroll sideways."""
    complaints: list[str] = []
    contexts = []

    def note(message: Any) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.text} {message.location}")

    def start(who: str | None = None, scheme: str = "light", size: Any = PHONE) -> Any:
        context = chromium.new_context(
            base_url=serving.url, viewport=size, color_scheme=scheme, locale="zh-CN"
        )
        contexts.append(context)
        if who:
            context.add_cookies([{"name": COOKIE, "value": site.login(who)[0], "url": serving.url}])
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def act(page: Any, kind: str, text: str = "") -> None:
    """Press an action's button, fill its dialog and send it."""
    page.locator(f'[data-dialog-open="act-{kind}"]').first.click()
    dialog = page.locator(f"dialog#act-{kind}")
    if text:
        dialog.locator("textarea[name=text]").fill(text)
    dialog.locator("button[type=submit]").click()
    page.wait_for_url(re.compile(r"/incidents/F\d+-\d+$"))


def test_the_life_of_an_incident_on_a_phone(visit: Open, site: Site) -> None:
    engineer = visit()
    engineer.goto("/incidents/new")
    engineer.fill("[name=username]", "lin")
    engineer.fill("[name=password]", PASSWORD)
    engineer.click("button[type=submit]")
    engineer.wait_for_url("**/incidents/new")
    assert fits(engineer)
    engineer.fill("[name=title]", "收文登记页面无法保存")
    for field in (
        "[name=fault_class][value=system_general]",
        "[name=payers][value=city]",
        "[name=modules][value=receipts]",
    ):
        engineer.locator(f"label:has({field})").click()
    engineer.get_by_role("button", name="提交报告").click()
    engineer.wait_for_url(re.compile(r"/incidents/F\d+-\d+$"))
    number = engineer.url.rsplit("/", 1)[1]
    assert fits(engineer)
    act(engineer, "responded", "已收到，十分钟内到场")
    act(engineer, "restored", "重启服务后恢复")
    supervisor = visit("wang")
    supervisor.goto(f"/incidents/{number}")
    act(supervisor, "restoration_rejected", "仍然无法保存")
    engineer.goto(f"/incidents/{number}")
    act(engineer, "restored", "换了数据库连接")
    supervisor.goto(f"/incidents/{number}")
    act(supervisor, "restoration_accepted")
    assert site.world.incident(number).state == "confirmed"
    assert fits(supervisor)


def test_an_outsider_sees_nothing_of_it(visit: Open, site: Site) -> None:
    number = site.world.report(title="不该看到的故障")
    outsider = visit("qian")
    for path in ("/", "/incidents"):
        outsider.goto(path)
        assert "不该看到的故障" not in outsider.content()
    assert outsider.context.request.get(f"/incidents/{number}").status == 404


def test_the_countdown_goes_on(visit: Open, site: Site) -> None:
    number = site.world.report()
    page = visit("lin")
    page.goto(f"/incidents/{number}")
    clocks = page.locator(".clocks")
    before = clocks.inner_text()
    page.wait_for_function("before => document.querySelector('.clocks').innerText !== before", arg=before)
    assert fits(page)


def test_another_tab_hears_of_it_at_once(visit: Open, site: Site) -> None:
    number = site.world.report()
    page = visit("wang")
    page.goto(f"/incidents/{number}")
    page.wait_for_selector(".connection--live", state="attached")
    site.world.happen(number, "responded", text="十分钟内到场，请稍候")
    page.get_by_text("十分钟内到场，请稍候").first.wait_for(timeout=15_000)


def test_a_list_hears_of_a_new_incident(visit: Open, site: Site) -> None:
    page = visit("lin")
    page.goto("/")
    page.wait_for_selector(".connection--live", state="attached")
    site.world.report(title="刚刚发生的故障")
    page.get_by_text("刚刚发生的故障").first.wait_for(timeout=15_000)


def test_what_changes_while_a_region_is_fetched_is_shown_too(visit: Open, site: Site) -> None:
    """The answer in hand was read before the change, whose message came while it was on its way."""
    page = visit("lin")
    held: list[Any] = []
    page.route("**/live", lambda route: held.append((route, route.fetch())), times=1)
    page.goto("/")
    page.evaluate("document.addEventListener('shoushi:change', () => { window.toldOfIt = true })")
    for _ in range(300):
        if held:
            break
        page.wait_for_timeout(50)
    site.world.report(title="刚刚发生的故障")
    page.wait_for_function("() => window.toldOfIt")
    route, answer = held[0]
    route.fulfill(response=answer)
    page.get_by_text("刚刚发生的故障").first.wait_for(timeout=15_000)


def test_a_change_whose_fetch_fails_is_shown_at_the_next_sign_of_life(visit: Open, site: Site) -> None:
    page = visit("lin")
    with page.expect_response("**/live"):
        page.goto("/")
    page.evaluate(
        "() => { const real = window.fetch;"
        " window.fetch = () => { window.fetch = real; return Promise.reject(new TypeError('gone')) } }"
    )
    site.world.report(title="刚刚发生的故障")
    page.wait_for_selector(".connection--lost", state="attached")
    page.get_by_text("刚刚发生的故障").first.wait_for(timeout=30_000)
    page.wait_for_selector(".connection--live", state="attached")


@pytest.mark.parametrize("begun", ["before the change", "while it is fetched"])
def test_what_is_being_typed_stays_and_the_change_comes_after_it(visit: Open, site: Site, begun: str) -> None:
    number = site.world.report()
    page = visit("lin")
    with page.expect_response("**/live"):
        page.goto(f"/incidents/{number}")
    held: list[Any] = []
    page.evaluate(
        "() => { document.addEventListener('shoushi:change', () => { window.toldOfIt = true });"
        " document.querySelector('[data-live-url]').insertAdjacentHTML('afterbegin', '<input id=draft>') }"
    )
    if begun == "before the change":
        page.focus("#draft")
    else:
        page.route("**/live", lambda route: held.append((route, route.fetch())), times=1)
    site.world.happen(number, "responded", text="十分钟内到场，请稍候")
    page.wait_for_function("() => window.toldOfIt")
    while begun == "while it is fetched" and not held:
        page.wait_for_timeout(50)
    page.focus("#draft")
    for route, answer in held:
        route.fulfill(response=answer)
    page.keyboard.type("写到一半")
    page.wait_for_timeout(500)
    assert page.input_value("#draft") == "写到一半"
    assert page.get_by_text("十分钟内到场，请稍候").count() == 0
    page.evaluate("() => document.activeElement.blur()")
    page.get_by_text("十分钟内到场，请稍候").first.wait_for(timeout=10_000)


PAGES = [
    "/",
    "/incidents",
    "/incidents/new",
    "/incidents/{n}",
    "/reports/sla",
    "/penalties",
    "/terms",
    "/account",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_accessibility_or_scrolls_sideways(
    visit: Open, site: Site, scheme: str
) -> None:
    from datetime import timedelta

    start = site.world.now - timedelta(hours=9)
    number = site.world.report(fault_class="system_major", reported_at=start)
    site.world.happen(number, "class_changed", fault_class="hardware")
    site.world.settle()
    for who, paths in ((None, ["/login"]), ("wang", PAGES), ("secadmin", ["/people"])):
        page = visit(who, scheme)
        for path in paths:
            _accessible(page, path.replace("{n}", number))


def _accessible(page: Any, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.goto(path)
    results = Axe().run(page)
    assert results.violations_count == 0, f"{path}: {results.generate_report()}"
    assert fits(page), path
