"""One report in four forms with the same figures, and every figure leads to its list."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO
from typing import Any

import pytest

from sla import pinned
from sla.report.paper import document_of
from tests.support.ledger import at
from tests.support.probes import configure, results, trackers
from tests.support.reports import cells, figures_and_lists
from tests.support.stories import story
from tests.support.web import Site
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
RANGE = "from=2026-03-01&to=2026-03-31"


@story
def eventful(world: World) -> None:
    """A met, a missed, a major with broadcasts, a claim approved, a county's, one still open, a drill."""
    met, slow, county = (
        world.report(),
        world.report(fault_class="line_general"),
        world.report(payers=["suixi"]),
    )
    world.report(title="演练：断网", drill=True)
    world.run_for(minutes=10)
    for number in (met, county):
        world.happen(number, "responded", text="到")
    major = world.report(fault_class="system_major", modules=["todo"])
    world.run_for(hours=1)
    claim = {"claim": "C1", "reason": "force_majeure", "from": at(world, 9, 20), "to": at(world, 9, 40)}
    world.happen(slow, "exclusion_claimed", "zhou", **claim)
    world.happen(slow, "exclusion_approved", "wang", claim="C1", text="属实")
    world.happen(met, "restored", text="好")
    world.run_for(hours=5)
    world.happen(county, "restored", text="好")
    world.happen(major, "restored", text="好")
    world.run_until(at(world, 17, 1))


def figures_of(site: Site, who: str = "wang") -> dict[str, Any]:
    found: dict[str, Any] = site.api(who).get(f"/api/v1/reports/sla?{RANGE}").json()
    return found


def test_page_paper_and_workbook_say_what_json_says(site: Site) -> None:
    eventful(site.world)
    figures = figures_of(site)
    assert len([c for c in cells(site, figures) if c.text != "—"]) > 150
    forms_agree(site, figures)


def forms_agree(site: Site, figures: dict[str, Any]) -> None:
    """Each figure of the JSON stands on the page, on paper and in the workbook."""
    from openpyxl import load_workbook

    wanted = [c for c in cells(site, figures) if c.text != "—"]

    html = unescape(re.sub(r"<[^>]+>", "\n", site.page("wang").get(f"/reports/sla?{RANGE}").text))
    page = {line.strip() for line in html.splitlines()}
    assert {c.text for c in wanted} - page == set()

    document = asdict(document_of(figures, pinned.in_force(site.world.platform)))
    paper = set(_texts(document["blocks"]))
    assert {c.text for c in wanted} - paper == set()

    content = site.api("wang").get(f"/api/v1/reports/sla?{RANGE}&format=xlsx").content
    book = load_workbook(BytesIO(content), read_only=True)
    sheets = {_exact(v) for sheet in book for row in sheet.iter_rows(values_only=True) for v in row}
    assert {c.value for c in wanted if c.value is not None} - sheets == set()


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return []


@SQLITE
def test_the_report_comes_as_a_pdf(site: Site) -> None:
    eventful(site.world)
    answer = site.api("wang").get(f"/api/v1/reports/sla?{RANGE}&format=pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert 'filename="sla-2026-03-01.pdf"' in answer.headers["content-disposition"]


def test_the_figures_of_an_eventful_day(site: Site) -> None:
    eventful(site.world)
    found = figures_of(site)
    assert (found["incidents"], found["open"], found["major"], found["drills"]) == (4, 1, 4, 1)
    assert (found["response"]["met"], found["response"]["missed"]) == (2, 2)
    assert found["penalty_total"] == f"{2300 * found['penalty_cases']:.2f}"
    assert found["broadcasts"]["owed"] == sum(b["owed"] for b in found["broadcast_register"]) > 20
    [claim] = found["exclusions"]
    assert (claim["claim"], claim["state"], claim["decided_by"]) == ("C1", "approved", "wang")
    assert claim["decided_at"] == "2026-03-03T10:10:00+08:00"
    [drill] = found["drill_register"]
    assert drill["title"] == "演练：断网"


def test_availability_counts_overlapping_outages_once(site: Site) -> None:
    eventful(site.world)
    found = figures_of(site)["availability"]
    documents = next(m for m in found["modules"] if m["key"] == "documents")
    todo = next(m for m in found["modules"] if m["key"] == "todo")
    county = next(p for p in found["payers"] if p["key"] == "suixi")
    assert documents["down_seconds"] == 8 * 3600 + 60  # 09:00 to now, three outages at a time
    assert (todo["down_seconds"], county["down_seconds"]) == (6 * 3600, 6 * 3600 + 600)
    assert found["seconds"] == 2 * 86400 + 17 * 3600 + 60
    assert county["percent"] == "90.515"


def probed(world: World) -> None:
    """Ten good minutes, then two of twenty down, of one module for one payer; another for all of them."""
    configure(world, "portal", payer="city")
    configure(world, "all", payer=None)
    for tracker in trackers(world):
        results(world, tracker, "+" * 10 + "--" + "++" + "+" * 6)


def test_availability_as_probes_saw_it_stands_by_module_and_payer_in_every_form(site: Site) -> None:
    eventful(site.world)
    probed(site.world)
    found = figures_of(site)["availability"]["observed"]
    assert [(o["module"], o["payer"]) for o in found] == [("documents", "city"), ("documents", None)]
    [mine, _all] = found
    assert (mine["seen_seconds"], mine["down_seconds"], mine["percent"]) == (1200, 120, "90.000")
    forms_agree(site, figures_of(site))


def test_an_outage_that_lasts_counts_until_now(site: Site) -> None:
    configure(site.world)
    results(site.world, trackers(site.world)[0], "++--")
    before = figures_of(site)["availability"]["observed"][0]["down_seconds"]
    site.world.clock.advance(timedelta(seconds=60))
    assert figures_of(site)["availability"]["observed"][0]["down_seconds"] == before + 60


def test_a_county_sees_what_was_probed_for_it_and_for_all(site: Site) -> None:
    probed(site.world)
    assert [o["payer"] for o in figures_of(site, "sun")["availability"]["observed"]] == [None]


def test_every_missed_case_names_its_evidence(site: Site) -> None:
    eventful(site.world)
    found = figures_of(site)
    evidence = site.api("wang")
    assert found["missed_cases"] == len(found["missed"]) > 0
    for case in found["missed"]:
        number = case["number"]
        assert evidence.get(f"/api/v1/incidents/{number}/evidence").json()["incident"] == number
        assert site.page("wang").get(f"/penalties/{case['penalty_number']}").status_code == 200
        assert case["verdict"][:12] in site.page("wang").get(f"/incidents/{number}").text


@SQLITE
def test_every_figure_leads_to_a_list_of_as_many(site: Site) -> None:
    eventful(site.world)
    found = figures_and_lists(site, "wang", figures_of(site))
    assert [(cell, count) for cell, count in found if cell.value != count] == []
    assert len(found) >= 48


@SQLITE
def test_the_page_carries_the_links(site: Site) -> None:
    eventful(site.world)
    html = site.page("wang").get(f"/reports/sla?{RANGE}").text
    for cell in cells(site, figures_of(site)):
        if cell.href:
            assert f'href="{cell.href.replace("&", "&amp;")}"' in html


@SQLITE
def test_a_county_reads_its_own_report(site: Site) -> None:
    eventful(site.world)
    found = figures_of(site, "sun")
    assert (found["incidents"], found["scope"], found["drills"]) == (1, ["suixi"], 0)
    assert [p["key"] for p in found["availability"]["payers"]] == ["suixi"]
    documents = next(m for m in found["availability"]["modules"] if m["key"] == "documents")
    assert documents["down_seconds"] == 6 * 3600 + 600
    assert found["exclusions"] == []


@SQLITE
def test_an_empty_report_is_a_report(site: Site) -> None:
    assert figures_of(site)["response"]["attainment"] is None
    for form in ("pdf", "xlsx", "html"):
        assert site.api("wang").get(f"/api/v1/reports/sla?{RANGE}&format={form}").status_code == 200
    assert "这段时间没有超时的故障" in site.page("wang").get("/reports/sla").text


@SQLITE
def test_what_people_typed_is_neither_markup_nor_formula(site: Site) -> None:
    from openpyxl import load_workbook

    site.world.report(title='=HYPERLINK("http://x")<b>#panic()')
    site.world.run_for(hours=5)
    content = site.api("wang").get(f"/api/v1/reports/sla?{RANGE}&format=xlsx").content
    book = load_workbook(BytesIO(content))
    assert all(c.data_type != "f" for sheet in book for row in sheet.iter_rows() for c in row)
    assert site.api("wang").get(f"/api/v1/reports/sla?{RANGE}&format=pdf").status_code == 200
    assert "<b>#panic" not in site.page("wang").get(f"/reports/sla?{RANGE}").text


@SQLITE
def test_the_calendar_of_the_range_is_in_the_report(site: Site) -> None:
    query = "from=2025-01-01&to=2025-12-31"
    found = site.api("wang").get(f"/api/v1/reports/sla?{query}").json()["obligations"]
    payments = [each for each in found if each["kind"] == "payment"]
    assert {each["due"] for each in payments} == {"2025-03-31", "2025-09-30"}
    html = site.page("wang").get(f"/reports/sla?{query}").text
    assert "支付服务费 · 濉溪县" in html
    mine = site.api("sun").get(f"/api/v1/reports/sla?{query}").json()["obligations"]
    assert {each["payer"] for each in mine if each["kind"] == "payment"} == {"suixi"}
