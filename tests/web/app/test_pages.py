"""Every page for every role in both languages; what it costs in SQL; forms that come back as typed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from sla import pinned
from tests.support.ledger import at
from tests.support.people import ADMINISTRATORS, CAST
from tests.support.stories import story
from tests.support.web import Site, routes_of, statements
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
PEOPLE = [*(m.username for m in CAST), *ADMINISTRATORS]
CHINESE = re.compile("[\u4e00-\u9fff]{2,}")


@story
def eventful(world: World) -> str:
    """A major fault with broadcasts, undecided claims and a penalty; told by a county. Returns its number."""
    number = world.report("qian", title="Outage", modules=["documents"], payers=["lieshan"], text="x")
    world.happen(number, "major_declared")
    world.run_until(at(world, 14, 0))
    world.happen(number, "class_changed", fault_class="hardware")
    world.happen(
        number, "exclusion_claimed", reason="customer", **{"from": at(world, 10), "to": at(world, 11)}
    )
    world.happen(number, "restored", text="ok", at=world.now)
    world.run_for(minutes=1)
    return number


def plain_paths(site: Site) -> list[str]:
    """Return the pages without parameters."""
    pages = {r.path for r in routes_of(site.app) if "GET" in r.methods and not r.path.startswith("/api/")}
    return sorted(
        p for p in pages if "{" not in p and p not in ("/stream", "/metrics", "/readyz", "/healthz")
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_renders_or_says_that_it_is_not_for_this_role(site: Site, who: str, lang: str) -> None:
    number, browser = eventful(site.world), site.page(who, lang)
    cast = {m.username: m for m in CAST}
    insider = who not in ADMINISTRATORS and (who == "qian" or cast[who].scope is None)
    found = {path: browser.get(path).status_code for path in plain_paths(site)}
    assert set(found.values()) <= {200, 403}
    assert all(
        found[item.href] == 200
        for item in site.world.platform.nav
        if site.world.actor(who).may(item.permission)
    )
    incident = browser.get(f"/incidents/{number}").status_code
    assert incident == (200 if insider or who == "auditor" else 404 if who == "sun" else 403)
    assert browser.get(f"/incidents/{number}/live").status_code == incident


def own_words(html: str) -> list[str]:
    """Return the Chinese words of a page's text, without names and terms that are data."""
    text = re.sub(r"<(script|style|pre)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return CHINESE.findall(text)


@pytest.mark.parametrize("path", ["/login"])
def test_a_page_without_data_is_all_english(site: Site, path: str) -> None:
    assert set(own_words(site.page(None, "en").get(path).text)) <= {"守时", "中文", "简体中文"}


@pytest.mark.parametrize(
    "path",
    [
        "/", "/incidents", "/incidents/new", "/penalties", "/reports/sla", "/account", "/supervisor",
        "/decisions", "/claims", "/settlements", "/reports", "/reports/compare", "/terms/amendments",
        "/verify", "/disclosures",
    ],
)  # fmt: skip
def test_headings_and_buttons_are_translated(site: Site, path: str) -> None:
    answer = site.page("wang", "en").get(path)
    html = answer.text
    assert answer.status_code == 200
    assert '<html lang="en"' in html
    for payer in pinned.in_force(site.world.platform).payers.values():
        html = html.replace(payer.name, "")  # the contract's own names are data
    said = re.findall(r"<(?:h1|h2|button|th)\b[^>]*>(.*?)</", html, flags=re.DOTALL)
    assert [t for t in said if CHINESE.search(re.sub("<[^>]+>", "", t))] == []


def numbers_of_statements(site: Site, who: str, paths: list[str]) -> dict[str, int]:
    browser, found = site.page(who), {}
    for path in paths:
        with statements(site.world) as seen:
            assert browser.get(path).status_code == 200
        found[path] = len(seen)
    return found


def grow(world: World, many: int) -> None:
    """Add faults, each with a broadcast and a penalty."""
    world.clock.advance(timedelta(hours=1))
    start = world.now - timedelta(minutes=40)
    for _ in range(many):
        number = world.report(fault_class="system_major", reported_at=start)
        world.happen(number, "responded", text="到")
    world.settle()


def test_the_sql_of_a_page_does_not_grow_with_the_data(site: Site) -> None:
    first = eventful(site.world)
    paths = ["/", "/incidents", "/penalties", "/reports/sla", "/messages", f"/incidents/{first}"]
    grow(site.world, 5)
    few = numbers_of_statements(site, "wang", paths)
    grow(site.world, 45)
    assert numbers_of_statements(site, "wang", paths) == few
    assert max(few.values()) < 25, few


REPORT: dict[str, Any] = {
    "title": "收文无法保存",
    "fault_class": "line_general",
    "payers": ["city", "suixi"],
    "modules": ["receipts"],
    "text": "点保存后报错",
    "reporter": "李科员 3880000",
    "reported_at": "2099-01-01T09:00",
}


def test_a_refused_report_comes_back_as_typed(site: Site) -> None:
    answer = site.page("lin").submit("/incidents", **REPORT)
    assert answer.status_code == 422
    for typed in ("收文无法保存", "点保存后报错", "李科员 3880000", "2099-01-01T09:00"):
        assert typed in answer.text
    checked = re.findall(r'<input[^>]*value="(\w+)"[^>]* checked', answer.text)
    assert set(checked) == {"line_general", "city", "suixi", "receipts"}
    assert "时间不能晚于现在" in answer.text
    assert site.world.report() == "F20260303-0001"


def test_a_good_report_leads_to_the_incident_and_says_so(site: Site) -> None:
    browser = site.page("qian")
    answer = browser.submit("/incidents", **REPORT | {"payers": ["lieshan"], "reported_at": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/F20260303-0001")
    assert "时钟自此开始计时" in browser.get(answer.headers["location"]).text


def test_a_refused_event_comes_back_in_its_open_dialog(site: Site) -> None:
    number = site.world.report()
    answer = site.page("lin").submit(
        f"/incidents/{number}/events", type="exclusion_claimed", reason="customer", text="等甲方开机房门",
        **{"from": "2026-03-03T10:00", "to": "2026-03-03T09:00"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "不能早于起始时间" in answer.text
    [dialog] = re.findall(
        r"<dialog[^>]*id=\"act-exclusion_claimed\".*?</dialog>", answer.text, flags=re.DOTALL
    )
    assert "等甲方开机房门" in dialog
    assert 'value="2026-03-03T10:00"' in dialog
    assert 'value="2026-03-03T09:00"' in dialog
    assert re.search('<option value="customer"[^>]* selected', dialog)


def test_an_event_against_a_stale_page_is_refused_in_words(site: Site) -> None:
    number = site.world.report()
    site.world.happen(number, "note", text="别人")
    answer = site.page("lin").submit(
        f"/incidents/{number}/events", type="responded", text="我来", version="1"
    )
    assert answer.status_code == 409
    assert "页面已过期" in answer.text
    assert "我来" in answer.text


def test_refused_words_come_back(site: Site) -> None:
    number = site.world.report(fault_class="system_major")
    answer = site.page("lin").submit(f"/incidents/{number}/words", impact="全市", progress="长" * 2001)
    assert answer.status_code == 422
    assert "全市" in answer.text


def test_opening_a_broadcast_is_a_receipt(site: Site) -> None:
    number = site.world.report(fault_class="system_major")
    site.world.run_for(minutes=4)
    first = site.world.broadcasts(number)[0]
    assert site.page("wang").get(f"/incidents/{number}/broadcasts/{first.id}").status_code == 200
    opened = [m.opened_at for m in site.world.messages(f"broadcast:{first.id}")]
    assert opened == [site.world.now] * 2


def test_what_is_typed_is_never_markup(site: Site) -> None:
    number = site.world.report(title="<script>alert(1)</script>", text="<b>粗</b>", reporter='"><img>')
    for path in ("/", "/incidents", f"/incidents/{number}", "/messages"):
        html = site.page("lin").get(path).text
        assert "<script>alert" not in html
        assert "<b>粗" not in html
        assert '"><img>' not in html


def test_an_unknown_page_and_a_wrong_method_are_said_in_words(site: Site) -> None:
    browser = site.page("lin")
    assert "没有这个页面" in browser.get("/nothing").text
    assert browser.get("/nothing").status_code == 404
    assert browser.put("/incidents").status_code == 405
