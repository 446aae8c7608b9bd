"""The settlement by API, page and file: one body, seen by each payer for itself, frozen when issued."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from kernel.crypto import canonical_json, sm3_hex
from tests.support.dealing import final_penalty, local, this_year
from tests.support.web import Site

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
URL = "/api/v1/settlements/2026/1"
PAGE = "/settlements/2026/1"
FROZEN = ("issued", "versions")


@pytest.fixture
def desk(site: Site) -> Site:
    this_year(site.world)
    final_penalty(site.world)
    site.world.clock.move_to(local("2026-03-25"))
    return site


def payable(found: dict[str, Any]) -> dict[str, str]:
    return {row["payer"]: row["payable"] for row in found["payers"]}


def test_a_preview_by_api(desk: Site) -> None:
    found = desk.api("zhou").get(URL).json()
    assert payable(found)["city"] == "447700.00"
    assert found["totals"]["payable"] == "1147700.00"
    assert (found["due"], found["cut_off"], found["issued"]) == ("2026-03-31", "2026-03-25", None)
    [charge] = found["charges"]
    assert (charge["ref"], charge["amount"], charge["clause"]) == ("P2026-0001", "2300.00", "第二十五条")


def test_issuing_freezes_it(desk: Site) -> None:
    client = desk.api("wang")
    answer = client.post(URL, json={"version": 0})
    assert answer.status_code == 201
    found = client.get(URL).json()
    frozen = {name: value for name, value in found.items() if name not in FROZEN}
    assert found["issued"]["digest"] == sm3_hex(canonical_json(frozen))
    assert client.get("/api/v1/penalties").json()["items"][0]["state"] == "settled"
    assert client.post(URL, json={"version": 0}).json()["code"] == "stale"
    assert client.post(URL, json={}).json()["errors"][0]["field"] == "reason"
    assert client.post(URL, json={"reason": "更正"}).json()["issued"]["version"] == 2


def test_issuing_twice_with_one_key_issues_once(desk: Site) -> None:
    client, headers = desk.api("wang"), {"Idempotency-Key": "once"}
    first = client.post(URL, json={}, headers=headers)
    assert client.post(URL, json={}, headers=headers).json() == first.json()
    assert len(client.get(URL).json()["versions"]) == 1


def test_a_county_sees_its_own_line_only(desk: Site) -> None:
    found = desk.api("sun").get(URL).json()
    assert payable(found) == {"suixi": "250000.00"}
    assert (found["totals"]["payable"], found["charges"]) == ("250000.00", [])
    html = desk.page("sun").get(PAGE).text
    assert "濉溪县" in html
    assert "市本级</" not in html
    assert "447,700" not in html
    assert desk.api("sun").get(f"{URL}?payer=city").status_code == 422
    assert desk.api("sun").post(URL, json={}).status_code == 403


@pytest.mark.parametrize(("who", "status"), [("lin", 403), ("he", 403), ("auditor", 200), ("zhou", 200)])
def test_who_may_read_it(desk: Site, who: str, status: int) -> None:
    assert desk.api(who).get(URL).status_code == status
    assert desk.page(who).get("/settlements").status_code == status


@pytest.mark.parametrize(
    ("path", "status"), [("2026/3", 404), ("2027/1", 404), ("2026/13", 422), ("x/1", 422)]
)
def test_a_half_year_that_is_none(desk: Site, path: str, status: int) -> None:
    assert desk.api("wang").get(f"/api/v1/settlements/{path}").status_code == status


def cells(content: bytes, sheet: int = 0) -> list[tuple[Any, ...]]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(content), read_only=True)
    return list(book.worksheets[sheet].iter_rows(values_only=True))


def test_the_workbook_has_the_figures_of_the_api(desk: Site) -> None:
    client = desk.api("wang")
    found, rows = client.get(URL).json(), cells(client.get(f"{URL}?format=xlsx").content)
    figures = {
        row[0]: f"{row[6]:.2f}"
        for row in rows
        if len(row) > 6 and row[0] in {p["name"] for p in found["payers"]}
    }
    assert figures == {p["name"]: p["payable"] for p in found["payers"]}
    assert cells(client.get(f"{URL}?format=xlsx").content, 1)[1][-1] == 2300


def test_the_document_is_for_all_payers_or_for_one(desk: Site) -> None:
    browser = desk.page("wang")
    for path in (f"{PAGE}/pdf", f"{PAGE}/pdf?payer=suixi", f"{URL}?format=pdf"):
        answer = (desk.api("wang") if path.startswith("/api") else browser).get(path)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    assert browser.get(f"{PAGE}/doc").status_code == 422


def test_the_printed_document_says_what_is_frozen(desk: Site) -> None:
    from sla.settlement.body import seen_by
    from sla.settlement.forms import document
    from tests.support.dealing import issue

    found = issue(desk.world)
    made = document(seen_by(found.body, frozenset({"city"})), found.issued, desk.world.now)
    assert found.issued
    assert found.issued.digest in made.footer
    assert "市本级" in made.subtitle
    assert "¥447,700.00" in str(made.blocks)


def test_the_page_previews_then_freezes(desk: Site) -> None:
    browser = desk.page("wang")
    assert "预览：按今天的台账" in browser.get(PAGE).text
    answer = browser.submit(PAGE, version="0", reason="")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    html = browser.get(PAGE).text
    assert "已开具并冻结" in html
    assert desk.api("wang").get(URL).json()["issued"]["digest"] in html
    refused = browser.submit(PAGE, version="1", reason="")
    assert (refused.status_code, "重新开具须写明理由" in refused.text) == (422, True)


def test_the_list_shows_every_half_and_what_is_outside(desk: Site) -> None:
    html = desk.page("wang").get("/settlements").text
    assert "2026年上半年" in html
    assert "¥1,147,700.00" in html
    desk.world.clock.move_to(local("2026-10-15"))
    final_penalty(desk.world)
    assert "尚未计入任何一期" in desk.page("wang").get("/settlements").text


def test_the_commands_say_the_same(desk: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from click.testing import CliRunner

    from kernel.cli import context
    from sla.obligations.cli import obligations
    from sla.settlement.cli import settlement

    monkeypatch.setattr(context, "open_platform", lambda: desk.world.platform)
    ran = CliRunner().invoke(settlement, ["2026", "1"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == desk.api("wang").get(URL).json()
    assert CliRunner().invoke(settlement, ["2026", "1", "--format", "pdf"]).exit_code == 2
    ran = CliRunner().invoke(obligations, ["--state", "due"])
    assert {each["state"] for each in json.loads(ran.stdout)} == {"due"}


def test_the_settlement_in_english(desk: Site) -> None:
    html = desk.page("wang", "en").get(PAGE).text
    assert "Amounts payable" in html
    assert "Preview" in html
