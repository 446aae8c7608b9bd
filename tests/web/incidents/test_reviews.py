"""Reviews by page, as PDF and by API."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support.reviews import GOOD, add, closed, decide, submit
from tests.support.web import Site, statements

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
CHINESE = re.compile("[\u4e00-\u9fff]{2,}")


def test_a_refused_review_comes_back_as_typed(site: Site) -> None:
    number = closed(site.world)
    answer = site.page("lin").submit(
        f"/incidents/{number}/review", cause="config", cause_text="端口配错", lessons="多看日志"
    )
    assert answer.status_code == 422
    assert "端口配错" in answer.text
    assert "多看日志" in answer.text
    assert 'href="#f-measures"' in answer.text
    assert 'value="config" selected' in answer.text


def test_a_review_by_page_from_writing_to_acceptance(site: Site) -> None:
    number = closed(site.world)
    url = f"/incidents/{number}/review"
    engineer, supervisor = site.page("lin"), site.page("wang")
    assert "请提交复盘" in engineer.get("/").text
    assert engineer.submit(url, **GOOD.as_dict()).status_code == 303
    due = (site.world.now + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    added = engineer.submit(f"{url}/actions", title="加校验", owner="he", due_at=due)
    assert added.headers["location"] == f"{url}#actions"
    assert "请审阅复盘" in supervisor.get("/").text
    assert supervisor.submit(f"{url}/decision", decision="return").status_code == 422
    assert supervisor.submit(f"{url}/decision", decision="accept").status_code == 303
    assert "请完成整改事项" in site.page("he").get("/").text
    done = site.page("he").submit(f"{url}/actions/1", kind="done", text="已上线")
    assert done.status_code == 303
    page = supervisor.get(url).text
    assert "已上线" in page
    assert "核验通过" in page
    assert supervisor.submit(f"{url}/actions/1", kind="verified").status_code == 303


def test_a_bad_date_and_an_empty_reason_come_back(site: Site) -> None:
    number = closed(site.world)
    url = f"/incidents/{number}/review"
    answer = site.page("lin").submit(f"{url}/actions", title="加校验", owner="he", due_at="昨天")
    assert answer.status_code == 422
    assert 'value="加校验"' in answer.text
    add(site.world, number)
    assert site.page("lin").submit(f"{url}/actions/1", kind="done", text="").status_code == 422


def test_who_may_not_write_or_decide_is_refused_and_a_county_sees_its_own(site: Site) -> None:
    number = closed(site.world, payers=["suixi"])
    url = f"/incidents/{number}/review"
    assert site.page("wang").submit(url, **GOOD.as_dict()).status_code == 403
    assert site.page("lin").submit(f"{url}/decision", decision="accept").status_code == 403
    assert site.page("auditor").submit(f"{url}/actions/1", kind="done").status_code == 403
    assert site.page("sun").get(url).status_code == 200
    other = closed(site.world)
    assert site.page("sun").get(f"/incidents/{other}/review").status_code == 404
    assert site.page("qian").get(url).status_code == 403


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_document_is_a_pdf_in_the_readers_language(site: Site, lang: str) -> None:
    number = closed(site.world)
    submit(site.world, number)
    add(site.world, number)
    site.world.clock.advance(timedelta(microseconds=7))
    answer = site.page("wang", lang).get(f"/incidents/{number}/review.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_headings_are_translated(site: Site) -> None:
    number = closed(site.world)
    add(site.world, number)
    for path in ("/reviews", f"/incidents/{number}/review"):
        html = site.page("lin", "en").get(path).text
        said = re.findall(r"<(?:h1|h2|button|th)\b[^>]*>(.*?)</", html, flags=re.DOTALL)
        words = [re.sub("<[^>]+>", "", t).replace("公文系统无法登录", "").replace("加校验", "") for t in said]
        assert [t for t in words if CHINESE.search(t)] == []


def test_the_registers_sql_does_not_grow_and_repeats_lead_to_their_list(site: Site) -> None:
    def cost() -> int:
        with statements(site.world) as seen:
            assert browser.get("/reviews").status_code == 200
        return len(seen)

    submit(site.world, closed(site.world))
    browser = site.page("wang")
    before = cost()
    for _ in range(5):
        submit(site.world, closed(site.world))
    browser = site.page("wang")
    assert cost() == before
    [link] = set(re.findall(r'href="(/reviews\?cause=[^"]*)"', browser.get("/reviews").text))
    listed = browser.get(link.replace("&amp;", "&")).text
    assert len(set(re.findall(r'href="/incidents/(F[\d-]+)/review"', listed))) == 6


def test_the_whole_life_by_api(site: Site) -> None:
    number = closed(site.world)
    url = f"/api/v1/incidents/{number}/review"
    b, a = site.api("lin"), site.api("wang")
    owed = b.get(url)
    assert (owed.json()["state"], owed.json()["required"]) == ("owed", True)
    stale = b.post(url, json=GOOD.as_dict(), headers={"If-Match": '"99"'})
    assert stale.status_code == 409
    given = b.post(url, json=GOOD.as_dict(), headers={"If-Match": owed.headers["etag"]})
    assert given.status_code == 201
    item = {"title": "加校验", "owner": "he", "due_at": (site.world.now + timedelta(days=3)).isoformat()}
    assert b.post(f"{url}/actions", json=item).status_code == 201
    assert a.post(f"{url}/decisions", json={"decision": "return"}).status_code == 422
    assert a.post(f"{url}/decisions", json={"decision": "accept"}).json()["state"] == "accepted"
    moved = site.api("he").post(f"{url}/actions/1", json={"kind": "done", "text": "好"})
    assert moved.json()["actions"][0]["state"] == "done"
    [line] = a.get("/api/v1/reviews", params={"state": "accepted"}).json()["items"]
    assert (line["incident"], line["cause"], line["actions_pending"]) == (number, "config", 1)
    assert a.get("/api/v1/reviews", params={"state": "nonsense"}).status_code == 422
    assert a.get("/api/v1/reviews", params={"cursor": "x"}).status_code == 422


def test_a_decision_twice_is_refused(site: Site) -> None:
    number = closed(site.world)
    submit(site.world, number)
    decide(site.world, number)
    url = f"/api/v1/incidents/{number}/review/decisions"
    assert site.api("wang").post(url, json={"decision": "accept"}).status_code == 409


def test_the_register_keeps_since_when_it_was_asked_for(site: Site) -> None:
    page = site.page("lin").get("/reviews?since=2025-03-01T00:00:00%2B08:00").text
    assert 'name="since" value="2025-03-01T00:00:00+08:00"' in page
    assert "2025年3月1日 00:00 起" in page
