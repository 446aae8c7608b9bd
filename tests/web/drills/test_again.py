"""A drill planned again: from its page, from the register and at the command line."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from drills import again, cli, plan, rules
from kernel.errors import Conflict
from sla import pinned
from sla.obligations import service as obligations
from sla.obligations.told import Told
from tests.support.drills import Rig, held
from tests.support.web import Site

DUE = date(2026, 6, 30)
BUTTON = "再次计划"


@pytest.fixture
def over(rig: Rig) -> str:
    """The number of a drill that is over; its plan differs from the scenario in many things."""
    text = rig.plan(
        title="第三季度演练",
        limits={"rto": "30s", "steps": {"restart": "20s"}},
        modules=["documents", "duty"],
        reference={"level": "部门", "document": "YA-77", "revision": "第7版"},
    )
    return held(rig.world, plan=text).number


@pytest.fixture
def owed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract demands a drill by DUE."""
    monkeypatch.setattr(again, "next_due", lambda *_: DUE)


def value(page: str, name: str) -> str:
    """Return what an input of the form holds."""
    [tag] = re.findall(rf'<input[^>]* name="{name}"[^>]*>', page)
    found = re.search(r' value="([^"]*)"', tag)
    return found[1] if found else ""


def test_a_drill_that_is_over_can_be_planned_again_from_its_page_and_from_the_register(
    rig: Rig, over: str, site: Site
) -> None:
    link = f'href="/drills/new?after={over}"'
    ops, supervisor = site.page("he"), site.page("wang")
    for url in (f"/drills/{over}", "/drills"):
        assert link in ops.get(url).text
        assert BUTTON not in supervisor.get(url).text
    assert supervisor.get(f"/drills/new?after={over}").status_code == 403
    assert "Plan again" in site.page("he", lang="en").get(f"/drills/{over}").text


def test_the_form_holds_the_plan_with_its_time_moved_to_the_next_day_owed(
    rig: Rig, over: str, owed: None, site: Site
) -> None:
    ops = site.page("he")
    page = ops.get(f"/drills/new?after={over}").text
    assert f"按 {over} 的方案填写" in page
    assert "合同要求最迟 2026年6月30日 再举行一次演练" in page
    told = {name: value(page, name) for name in ("title", "document", "revision", "rto", "limit-restart")}
    assert told == {
        "title": "第三季度演练", "document": "YA-77", "revision": "第7版",
        "rto": "30s", "limit-restart": "20s",
    }  # fmt: skip
    assert (value(page, "begins"), value(page, "ends")) == ("2026-06-30T09:00", "2026-06-30T13:00")
    assert re.findall(r'name="modules" value="(\w+)"[^>]* checked', page) == ["documents", "duty"]
    assert '<option value="部门" selected>' in page
    english = site.page("he", lang="en").get(f"/drills/new?after={over}").text
    assert f"Filled in from the plan of {over}" in english


def test_what_is_saved_is_another_drill(rig: Rig, over: str, owed: None, site: Site) -> None:
    ops = site.page("he")
    page = ops.get(f"/drills/new?after={over}").text
    names = ("title", "document", "revision", "rto", "limit-restart", "begins", "ends")
    fields = {name: value(page, name) for name in names} | {
        "scenario": "tiny", "form": "live", "level": "部门", "where": "local", "director": "he",
        "safety": "lin", "responders": ["lin"], "supervisor": "wang", "evaluator": "wang",
        "modules": ["documents", "duty"], "payers": ["city"],
    }  # fmt: skip
    answer = ops.submit("/drills/new", **fields)
    assert answer.status_code == 303, answer.text
    made = rig.drill(answer.headers["location"].rpartition("/")[2])
    before, after = plan.read(rig.drill(over).plan), plan.read(made.plan)
    assert made.state == rules.DRAFT
    assert after.window.begins.date() == DUE
    assert after.model_copy(update={"window": before.window}) == before


def test_without_a_day_owed_the_time_is_left_to_choose(rig: Rig, over: str, site: Site) -> None:
    page = site.page("he").get(f"/drills/new?after={over}").text
    assert "合同没有再要求演练" in page
    assert (value(page, "begins"), value(page, "ends")) == ("", "")
    assert value(page, "title") == "第三季度演练"


def test_a_drill_whose_scenario_has_left_the_catalogue_is_not_planned_again(
    rig: Rig, over: str, site: Site
) -> None:
    shutil.rmtree(rig.content / "scenarios" / "tiny")
    ops = site.page("he")
    for url in ("/drills", f"/drills/{over}"):
        assert BUTTON not in ops.get(url).text
    assert ops.get(f"/drills/new?after={over}").status_code == 404


def test_a_drill_that_is_not_over_is_changed_and_not_planned_again(rig: Rig, site: Site) -> None:
    number = rig.draft()
    ops = site.page("he")
    assert BUTTON not in ops.get(f"/drills/{number}").text
    assert BUTTON not in ops.get("/drills").text
    assert ops.get(f"/drills/new?after={number}").status_code == 409
    assert ops.get("/drills/new?after=YL2026-999").status_code == 404


def test_the_next_day_owed_is_the_end_of_the_first_period_without_a_drill(rig: Rig) -> None:
    platform = rig.world.platform
    contract = pinned.in_force(platform)
    now = datetime(2025, 3, 3, 9, tzinfo=contract.zone)
    with platform.db.read() as session:
        assert again.next_due(session, contract, now) == date(2025, 6, 30)
        assert again.next_due(session, contract, now + timedelta(days=180)) == date(2025, 12, 31)
        assert again.next_due(session, contract, rig.world.now) is None
    with platform.db.write("wang") as session:
        told = Told("drill_held", on=date(2025, 3, 1), text="YL2025-001")
        obligations.add_fact(platform, session, rig.world.now, rig.world.actor("wang"), contract, told)
    with platform.db.read() as session:
        assert again.next_due(session, contract, now) == date(2025, 12, 31)


def test_the_command_line_drafts_it_again(
    rig: Rig, over: str, owed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.cli.context.open_platform", lambda: rig.world.platform)
    run = CliRunner().invoke(cli.drill, ["again", over, "--user", "he"])
    assert run.exit_code == 0, run.output
    assert plan.read(rig.drill(run.output.strip()).plan).window.begins.date() == DUE
    chosen = ["again", over, "--user", "he", "--begins", "2026-04-01T10:00", "--submit"]
    run = CliRunner().invoke(cli.drill, chosen)
    made = rig.drill(run.output.strip())
    assert made.state == rules.PLANNED
    assert made.begins_at == datetime(2026, 4, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    run = CliRunner().invoke(cli.drill, ["again", made.number, "--user", "he"])
    assert isinstance(run.exception, Conflict)


def test_the_command_line_asks_for_a_time_where_none_is_owed(
    rig: Rig, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.cli.context.open_platform", lambda: rig.world.platform)
    run = CliRunner().invoke(cli.drill, ["again", over, "--user", "he"])
    assert run.exit_code == 2
    assert "--begins" in run.output
