"""Both parties' pages in a real browser: accessible at every size; a report frozen and taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import visiting
from tests.support.everything import eventful
from tests.support.web import Site
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
Visit = Callable[..., Any]
PAGES = {
    "wang": [
        "/supervisor", "/decisions", "/penalties", "/penalties/P2026-0001", "/claims", "/obligations",
        "/settlements", "/settlements/2026/1", "/reports", "/reports/compare", "/reports/frozen/2026-03/1",
        "/terms/amendments", "/terms/amendments/1", "/terms/amendments/1/whatif", "/verify", "/reviews",
        "/incidents/F20260303-0002/review", "/disclosures",
    ],
    "zhou": ["/claims/new", "/penalties/P2026-0002"],
}  # fmt: skip


@pytest.fixture
def visit(world: World) -> Iterator[Visit]:
    """Open pages as somebody, in a world in which every kind of record was written."""
    with visiting(Site(eventful(world)), DESK) as start:
        yield start


def faults(page: Any, path: str) -> list[str]:
    """Return what axe finds on a page, and whether it scrolls sideways."""
    from axe_playwright_python.sync_playwright import Axe

    answer = page.goto(path)
    if answer.status != 200:
        return [f"{path}: {answer.status}"]
    found = Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    said = [f"{path}: {found.generate_report()}"] if found.violations_count else []
    return said + ([f"{path}: scrolls sideways"] if wide else [])


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESK, "light"), (PHONE, "dark"), (PHONE, "light"), (DESK, "dark")]
)
def test_every_page_of_both_parties_is_accessible(visit: Visit, size: Any, scheme: str) -> None:
    found = []
    for who, paths in PAGES.items():
        page = visit(who, size, scheme)
        for path in paths:
            found += faults(page, path)
    assert found == [], "\n\n".join(found)


def test_the_supervisor_freezes_a_month_again_and_takes_it_away(visit: Visit, world: World) -> None:
    page = visit("wang")
    page.goto("/reports")
    page.locator('[name="period"]').fill("2026-03")
    page.locator('form[action="/reports/freeze"] [name="reason"]').fill("更正一条记录")
    page.locator('form[action="/reports/freeze"] button[type=submit]').click()
    page.wait_for_url("**/reports/frozen/2026-03/2")
    for form, magic in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        link = page.locator(f'a[href*="format={form}"]').first
        with page.expect_download() as saved:
            link.click()
        assert Path(saved.value.path()).read_bytes().startswith(magic)
