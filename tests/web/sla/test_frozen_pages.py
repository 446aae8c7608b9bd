"""Frozen reports in the browser and by API: who may, what it says, what changed since, comparison."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.support.web import Site
from tests.support.world import ZONE

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
ISSUE = "/reports/frozen/2026-03/1"


@pytest.fixture
def april(site: Site) -> Site:
    site.world.report()
    site.world.run_for(hours=5)
    site.world.clock.move_to(datetime(2026, 4, 2, 9, 0, tzinfo=ZONE))
    return site


def test_the_supervisor_freezes_and_everybody_of_the_contract_reads(april: Site) -> None:
    assert "还没有冻结的报告" in april.page("wang").get("/reports").text
    answer = april.page("wang").submit("/reports/freeze", period="2026-03")
    assert (answer.status_code, answer.headers["location"]) == (303, ISSUE)
    for who in ("wang", "zhou", "lin", "auditor"):
        assert "与审计链所证明的内容一致" in april.page(who).get(ISSUE).text
    assert april.page("sun").get(ISSUE).status_code == 403


def test_nobody_else_freezes(april: Site) -> None:
    for who in ("zhou", "lin", "auditor", "sun"):
        assert april.page(who).submit("/reports/freeze", period="2026-03").status_code == 403
    assert 'action="/reports/freeze"' not in april.page("zhou").get("/reports").text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"period": "2026-04"}, "period"),
        ({"period": "2026-13"}, "period"),
        ({"period": "2026-H1"}, "period"),
        ({"period": ""}, "period"),
        ({"period": "2026-03", "reason": ""}, "reason"),
    ],
)
def test_a_refusal_names_the_field_and_keeps_what_was_typed(
    april: Site, fields: dict[str, str], field: str
) -> None:
    april.page("wang").submit("/reports/freeze", period="2026-03")
    answer = april.page("wang").submit("/reports/freeze", **fields)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert f'value="{fields["period"]}"' in answer.text


def test_an_older_issue_stays_readable_and_says_that_there_is_a_newer_one(april: Site) -> None:
    april.page("wang").submit("/reports/freeze", period="2026-03")
    april.page("wang").submit("/reports/freeze", period="2026-03", reason="补录")
    html = april.page("wang").get(ISSUE).text
    assert "已有更新的版本" in html
    assert "补录" in april.page("wang").get("/reports/frozen/2026-03/2").text
    assert [i["version"] for i in april.api("zhou").get("/api/v1/reports/frozen").json()["items"]] == [2, 1]


def test_it_shows_its_own_figures_and_says_what_differs_now(april: Site) -> None:
    april.page("wang").submit("/reports/freeze", period="2026-03")
    assert "现在的数据与冻结时不同" not in april.page("wang").get(ISSUE).text
    april.world.report(reported_at=datetime(2026, 3, 20, 9, 0, tzinfo=ZONE))
    html = april.page("wang").get(ISSUE).text
    assert "现在的数据与冻结时不同" in html
    assert april.api("wang").get(f"/api/v1{ISSUE}").json()["figures"]["incidents"] == 1


def test_an_issue_comes_as_file(april: Site) -> None:
    april.page("wang").submit("/reports/freeze", period="2026-03")
    client = april.api("wang")
    first, second = (client.get(f"/api/v1{ISSUE}?format=pdf").content for _ in range(2))
    assert first.startswith(b"%PDF-")
    assert first == second
    assert client.get(f"/api/v1{ISSUE}?format=xlsx").content.startswith(b"PK")
    assert client.get("/api/v1/reports/frozen/2020-01/1").status_code == 404
    assert client.get("/api/v1/reports/frozen/2026-03/99999").status_code == 422


def test_a_reader_subscribes_and_unsubscribes(april: Site) -> None:
    browser = april.page("zhou")
    assert browser.submit("/reports/subscription", wanted="yes").status_code == 303
    assert "退订邮件" in browser.get("/reports").text
    browser.submit("/reports/subscription", wanted="no")
    assert "退订邮件" not in browser.get("/reports").text
    answer = april.page("auditor").submit("/reports/subscription", wanted="yes")
    assert answer.status_code == 422
    assert "没有登记电子邮箱" in answer.text


def test_two_periods_are_compared_with_arrows_and_words(april: Site) -> None:
    april.world.report()
    html = april.page("wang").get("/reports/compare").text
    assert "2026-03" in html
    assert "↓" in html
    assert "好转" in html
    for query in ("a=2025-H1&b=2026-H1", "a=2025&b=2026", "b=2026-03"):
        assert april.page("wang").get(f"/reports/compare?{query}").status_code == 200
    answer = april.page("wang").get("/reports/compare?a=march")
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/reports", "/reports/compare", ISSUE])
def test_pages_in_english(april: Site, path: str) -> None:
    april.page("wang").submit("/reports/freeze", period="2026-03")
    html = april.page("zhou", "en").get(path).text
    assert '<html lang="en"' in html
    assert "冻结" not in html
