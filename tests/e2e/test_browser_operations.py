"""Pages of drills, playbooks and repairs, in a real browser: accessible, and at home on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drills.conductor import lab
from incidents.repairs import running
from playbooks import catalogue
from tests.e2e.test_browser_both_parties import DESK, PHONE, faults
from tests.support.browser import visiting
from tests.support.drills import Rig, write_scenario
from tests.support.repairs import Workshop
from tests.support.web import Site
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
Visit = Callable[..., Any]


class Stage:
    """A drill in each of its interesting states, and repairs asked for, run and failed."""

    def __init__(self, world: World, folder: Path) -> None:
        self.rig, self.shop = Rig(world, folder / "content"), Workshop(world, folder)
        self.over = self.rig.conduct(self.rig.started()).number
        self.draft = self.rig.draft()
        self.planned = self.rig.draft()
        self.rig.do("submit", "he", self.planned)
        self.incident = world.report()
        self.target = self.shop.target()
        self.asked = self.shop.ask(self.incident, self.target)
        nowhere = self.shop.target(name="没有的文件夹", values="disk_path: /nowhere/at/all")
        self.failed = self.shop.ask(self.incident, nowhere)
        self.shop.do("approve", self.failed, "zhou", "同意")
        running.execute(world.platform, self.failed)

    def pages(self) -> dict[str, list[str]]:
        """Return the pages by who opens them."""
        asking = f"/incidents/{self.incident}/repairs/new?target={self.target.id}"
        return {
            "he": [
                "/drills", "/drills/year", "/drills/new", "/drills/new?scenario=tiny",
                f"/drills/{self.draft}", f"/drills/{self.draft}/plan", f"/drills/{self.over}", "/playbooks",
                "/playbooks/repairs/free_disk", "/repairs", "/repairs/targets/new",
                f"/repairs/targets/{self.target.id}", f"/repairs/{self.failed}", asking,
            ],
            "wang": [f"/drills/{self.planned}", f"/drills/{self.over}", f"/repairs/{self.asked}"],
            "zhou": ["/playbooks/scenarios/tiny", f"/incidents/{self.incident}"],
        }  # fmt: skip


@pytest.fixture
def stage(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    content = tmp_path / "content"
    for name in ("repairs", "roles"):
        shutil.copytree(catalogue.CONTENT / name, content / name)
    shutil.copy(catalogue.CONTENT / "ansible.cfg", content)
    monkeypatch.setattr(catalogue, "CONTENT", content)
    monkeypatch.setattr(lab, "lab_folder", lambda _number: tmp_path / "lab")
    write_scenario(content)
    return Stage(world, tmp_path)


@pytest.fixture
def visit(stage: Stage) -> Iterator[Visit]:
    with visiting(Site(stage.rig.world), DESK) as start:
        yield start


def test_every_page_of_operations_is_accessible_at_every_size(stage: Stage, visit: Visit) -> None:
    found = []
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        for who, paths in stage.pages().items():
            page = visit(who, size, scheme)
            for path in paths:
                found += faults(page, path)
    assert found == [], "\n\n".join(found)


def test_a_supervisor_approves_a_repair_with_one_thumb(stage: Stage, visit: Visit) -> None:
    page = visit("wang", PHONE)
    page.goto(f"/repairs/{stage.asked}")
    page.locator(".primary-action button").click()
    page.locator("dialog[open] button[type=submit]").click()
    page.wait_for_selector("text=即将执行")
    assert stage.shop.run(stage.asked).decided_by == "wang"
