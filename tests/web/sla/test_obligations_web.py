"""The contract's calendar by API and page: who sees and records what, and what the forms say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dealing import this_year, told
from tests.support.web import Site, statements

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
FACTS = "/api/v1/obligations/facts"
PAYMENT = {"kind": "payment_received", "payer": "city", "instalment": "h1", "amount": "450000.00"}


@pytest.fixture
def desk(site: Site) -> Site:
    this_year(site.world)
    return site


def items(site: Site, who: str, query: str = "") -> dict[str, Any]:
    found = site.api(who).get(f"/api/v1/obligations{query}").json()
    assert found["next"] is None
    return {each["key"]: each for each in found["items"]}


def test_the_calendar_by_api(desk: Site) -> None:
    found = items(desk, "zhou")
    payment = found["payment:h1:city"]
    assert (payment["due"], payment["amount"], payment["state"]) == ("2026-03-31", "450000.00", "due")
    assert (payment["article"], payment["charge_from"]) == ("第二十三条", "2026-05-01")
    assert {each["owed_by"] for each in items(desk, "zhou", "?owed_by=b").values()} == {"b"}
    assert {each["state"] for each in items(desk, "zhou", "?state=due").values()} == {"due"}


def test_a_fact_by_api_changes_the_calendar(desk: Site) -> None:
    answer = desk.api("wang").post(FACTS, json=PAYMENT)
    assert (answer.status_code, answer.json()["amount"], answer.json()["on"]) == (
        201,
        "450000.00",
        "2026-03-03",
    )
    assert items(desk, "wang")["payment:h1:city"]["state"] == "met"
    assert [f["kind"] for f in desk.api("wang").get(FACTS).json()["items"]] == ["payment_received"]


def test_the_same_key_records_a_fact_once(desk: Site) -> None:
    client, headers = desk.api("wang"), {"Idempotency-Key": "k1"}
    first = client.post(FACTS, json=PAYMENT, headers=headers)
    assert client.post(FACTS, json=PAYMENT, headers=headers).json() == first.json()
    assert len(client.get(FACTS).json()["items"]) == 1
    assert client.post(FACTS, json=PAYMENT | {"amount": "1"}, headers=headers).status_code == 422


def test_the_record_is_paged(desk: Site) -> None:
    for _each in range(3):
        told(desk.world, "wang", "drill_held")
    client = desk.api("wang")
    first = client.get(f"{FACTS}?limit=2").json()
    second = client.get(f"{FACTS}?limit=2&cursor={first['next']}").json()
    assert [f["id"] for f in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next"] is None


def test_the_record_on_the_page_goes_back_row_by_row(desk: Site) -> None:
    for number in range(14):
        told(desk.world, "wang", "drill_held", text=f"演练{number:02d}号")
    browser = desk.page("wang")
    html = browser.get("/obligations").text
    assert ("演练13号" in html, "演练01号" in html) == (True, False)
    older = browser.get("/obligations?before=3").text
    assert ("before=3" in html, "演练01号" in older) == (True, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payer": "hefei"}, "payer"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": None}, "amount"),
        ({"on": "2026-03-04"}, "on"),
        ({"on": "soon"}, "on"),
        ({"kind": "gift"}, "kind"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_fact_is_answered_with_its_field(desk: Site, change: dict[str, Any], field: str) -> None:
    answer = desk.api("wang").post(FACTS, json=PAYMENT | change)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_county_sees_its_own_payments_only(desk: Site) -> None:
    told(desk.world, "wang", "payment_received", **{k: v for k, v in PAYMENT.items() if k != "kind"})
    found = items(desk, "sun")
    assert {each["payer"] for each in found.values()} == {None, "suixi"}
    assert desk.api("sun").get(FACTS).json()["items"] == []
    page = desk.page("sun").get("/obligations").text
    assert "支付服务费：濉溪县" in page
    assert "支付服务费：市本级" not in page
    assert desk.api("sun").post(FACTS, json=PAYMENT).status_code == 403


@pytest.mark.parametrize(("who", "status"), [("he", 403), ("qian", 403), ("auditor", 200), ("lin", 200)])
def test_who_may_read_the_calendar(desk: Site, who: str, status: int) -> None:
    assert desk.api(who).get("/api/v1/obligations").status_code == status
    assert desk.page(who).get("/obligations").status_code == status
    assert desk.page(who).get("/obligations.ics").status_code == status


def test_those_who_only_read_get_no_dialogs(desk: Site) -> None:
    assert 'name="kind"' not in desk.page("auditor").get("/obligations").text
    assert desk.api("auditor").post(FACTS, json=PAYMENT).status_code == 403


def test_the_page_shows_months_states_and_what_to_do(desk: Site) -> None:
    html = desk.page("wang").get("/obligations").text
    for shown in (
        "2026年3月",
        "支付服务费：市本级 上半年",
        "还有 28 天",
        "还没有登记任何事项",
        "fact-payment_received",
    ):
        assert shown in html
    assert "fact-delivery_reported" not in html
    assert "fact-delivery_reported" in desk.page("zhou").get("/obligations").text


def test_a_fact_by_page(desk: Site) -> None:
    browser = desk.page("wang")
    answer = browser.submit("/obligations/facts", **PAYMENT, on="2026-03-03")
    assert (answer.status_code, answer.headers["location"]) == (303, "/obligations")
    html = browser.get("/obligations").text
    assert "¥450,000.00" in html
    assert "按时履行" in html
    browser.submit("/obligations/facts", kind="withdrawal", withdraws="1", text="记错了")
    assert "已撤回" in browser.get("/obligations").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "abc"}, "金额应为数字"),
        ({"on": "3/3"}, "日期应为"),
        ({"kind": "withdrawal", "withdraws": "x"}, "没有这条记录"),
        ({"kind": "accepted", "payer": "", "instalment": "", "amount": ""}, "尚无交付报告"),
    ],
)
def test_a_refused_form_comes_back_as_typed(desk: Site, fields: dict[str, str], said: str) -> None:
    answer = desk.page("wang").submit("/obligations/facts", **(PAYMENT | {"text": "第一笔"} | fields))
    assert answer.status_code in (409, 422)
    assert said in answer.text
    assert ("data-open" in answer.text) == ("withdraws" not in fields)


def test_an_unknown_kind_by_form_is_said_too(desk: Site) -> None:
    answer = desk.page("wang").submit("/obligations/facts", kind="gift")
    assert (answer.status_code, "事项应为" in answer.text) == (422, True)


def test_the_calendar_file_has_every_due_day(desk: Site) -> None:
    answer = desk.page("wang").get("/obligations.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.count("BEGIN:VEVENT") == len(items(desk, "wang"))
    assert "UID:huaibei-2026.payment.h1.city@shoushi" in answer.text


def test_a_breach_notice_is_a_letter(desk: Site) -> None:
    told(desk.world, "wang", "breach_notice", text="未按时提交报告。\n\n第二段 #text[x]。")
    browser = desk.page("zhou")
    assert "/obligations/notices/N2026-001.pdf" in browser.get("/obligations").text
    answer = browser.get("/obligations/notices/N2026-001.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert browser.get("/obligations/notices/N2026-009.pdf").status_code == 404
    assert "fact-breach_answer" in browser.get("/obligations").text


def test_the_page_costs_the_same_whatever_is_on_record(desk: Site) -> None:
    browser, counts = desk.page("wang"), []
    for _each in range(2):
        with statements(desk.world) as seen:
            assert browser.get("/obligations").status_code == 200
        counts.append(len(seen))
        for payer in ("city", "suixi", "duji"):
            told(desk.world, "wang", "payment_received", payer=payer, instalment="h1", amount="1000")
    assert counts[0] == counts[1]


def test_the_calendar_in_english(desk: Site) -> None:
    html = desk.page("wang", "en").get("/obligations").text
    assert "Contract calendar" in html
    assert "28 days left" in html
