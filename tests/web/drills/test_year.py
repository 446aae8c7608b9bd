"""The year of drills, on the page, as a document and in the SLA report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pypdfium2
import pytest

from drills import rules
from drills.models import DrillItem
from kernel.identity.models import Person
from tests.support.drills import Rig, held
from tests.support.web import Site


@pytest.fixture
def year(rig: Rig) -> Rig:
    """A passed drill with an improvement left to make, a failed one, and one that is only planned."""
    world = rig.world
    first = held(world, days_ago=20)
    held(world, days_ago=5, outcome=rules.FAILED, result={"rto": None, "rto_limit": 60.0, "lost_rows": 3})
    rig.draft()
    with world.platform.db.write("wang") as session:
        owner = session.query(Person).filter_by(username="lin").one()
        due = world.now + timedelta(days=9)
        item = {
            "seq": 1,
            "title": "补充备用机的启动说明",
            "state": "open",
            "added_at": world.now,
            "due_at": due,
        }
        session.add(DrillItem(drill_id=first.id, owner_id=owner.id, **item))
    return rig


def text_of(pdf: bytes) -> str:
    """Return the words of a document, without spaces: typst puts some between Chinese and figures."""
    with pypdfium2.PdfDocument(pdf) as document:
        found = "\n".join(page.get_textpage().get_text_range() for page in document)
    return found.replace(" ", "")


def test_the_page_shows_outcomes_measurements_and_open_items_and_leads_to_the_document(
    year: Rig, site: Site
) -> None:
    page = site.page("wang").get("/drills/year?year=2026").text
    assert '/drills/year.pdf?year=2026"' in page
    assert "2.5秒 / 60.0秒" in page
    assert "补充备用机的启动说明" in page


def test_the_document_says_what_was_demanded_planned_held_and_measured(year: Rig, site: Site) -> None:
    answer = site.page("wang").get("/drills/year.pdf?year=2026")
    assert answer.headers["content-type"] == "application/pdf"
    said = text_of(answer.content)
    for words in ("2026年应急演练计划与执行情况", "每6个月至少一次", "YL2026-920", "达标", "2.5秒", "未达标"):
        assert words in said, words
    assert "补充备用机的启动说明" in said


def test_it_is_printed_in_english_for_who_reads_english(year: Rig, site: Site) -> None:
    reader = site.page("wang")
    said = text_of(reader.get("/drills/year.pdf?year=2026", headers={"accept-language": "en"}).content)
    assert "Emergencydrillsof2026" in said
    assert "Atleastoncein6months" in said


def test_the_contracts_demand_stands_in_the_document_of_its_year(year: Rig, site: Site) -> None:
    said = text_of(site.page("wang").get("/drills/year.pdf?year=2025").content)
    assert said.count("逾期未举行") >= 3, "the count, and one line for each half-year"
    assert site.page("wang").get("/drills/year.pdf?year=1900").status_code == 422


def report(site: Site, who: str = "wang") -> dict[str, Any]:
    answer = site.page(who).get("/api/v1/reports/sla?from=2026-02-01&to=2026-03-03")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_sla_report_lists_what_was_held_with_what_it_measured(year: Rig, site: Site) -> None:
    found = report(site)["drills_held"]
    assert [(d["number"], d["outcome"], d["rto_seconds"], d["lost_rows"]) for d in found] == [
        ("YL2026-920", "completed", 2.5, 0),
        ("YL2026-905", "failed", None, 3),
    ]
    page = site.page("wang").get("/api/v1/reports/sla?from=2026-02-01&to=2026-03-03&format=html").text
    assert "举行的演练与实测" in page
    assert "2.5秒" in page
    assert "这段时间没有到期的演练义务。" in page


def test_a_report_of_another_time_lists_none(year: Rig, site: Site) -> None:
    answer = site.page("wang").get("/api/v1/reports/sla?from=2026-01-01&to=2026-01-31").json()
    assert answer["drills_held"] == []
