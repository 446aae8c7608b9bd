"""Drills and repairs by command line: planned, asked for, approved and shown as operators do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from drills import plan
from incidents.repairs import demo, running
from incidents.repairs.models import RepairTarget
from kernel.cli.context import open_platform
from kernel.clock import SYSTEM
from kernel.identity.actors import actor_of
from playbooks import catalogue, releases
from tests.e2e.test_commands import SECRET, Run, good, reported
from tests.support.cli import runner
from tests.support.drills import ROLES

PEOPLE = (("lin", "engineer"), ("he", "ops"), ("zhou", "provider_manager"), ("wang", "supervisor"))


@pytest.fixture
def shoushi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    run = runner({"SHOUSHI_DATA_DIR": str(tmp_path / "data")}, monkeypatch)
    password = tmp_path / "password"
    password.write_text(SECRET)
    good(run("init", "--password-file", password))
    for name, role in PEOPLE:
        good(run("user", "create", name, "--unit", role, "--role", role, "--password-file", password))
    return run


def set_up(folder: Path) -> None:
    """Release the repair and set up its target, which operations do on a page."""
    platform = open_platform()
    now, checksum = platform.clock.now(), catalogue.repair("free_disk").checksum
    with platform.db.write("zhou") as session:
        zhou = actor_of(session, now, platform.catalogue, "zhou")
        releases.decide(session, now, zhou, "repair", "free_disk", checksum, "released", "已审阅")
        values = {"disk_path": str(folder), "disk_clean_dirs": [str(folder)]}
        session.add(
            RepairTarget(
                name="日志", repair="free_disk", modules=[], inventory=demo.INVENTORY, values=values,
                retired=0, changed_at=now, changed_by="何运维",
            )
        )  # fmt: skip
    platform.db.close()


def run_approved(number: str) -> None:
    """Do what the worker's process does."""
    platform = open_platform()
    running.execute(platform, number)
    platform.db.close()


def test_a_repair_is_asked_for_approved_and_shown(shoushi: Run, tmp_path: Path) -> None:
    demo.old_logs(tmp_path / "logs", SYSTEM.now().timestamp())
    set_up(tmp_path / "logs")
    incident = reported(shoushi)
    [offer] = good(shoushi("repair", "list", incident, "--user", "lin")).splitlines()
    target = offer.split("\t")[0]
    assert "可申请" in offer
    number = good(shoushi("repair", "ask", incident, target, "--reason", "磁盘将满", "--user", "lin"))
    assert shoushi("repair", "approve", number, "--user", "lin").status == 1
    assert "批准" in good(shoushi("repair", "approve", number, "--user", "wang"))
    run_approved(number)
    shown = good(shoushi("repair", "show", number, "--follow", "--user", "he"))
    assert "执行成功" in shown
    assert "Remove it\tchanged" in shown
    told = json.loads(good(shoushi("repair", "show", number, "--json", "--user", "he")))
    assert told["result"]["measured"]["files_removed"] == demo.FILES
    assert number in good(shoushi("repair", "list", incident, "--user", "wang"))
    assert shoushi("repair", "stop", number, "--user", "lin").status == 1
    again = good(shoushi("repair", "ask", incident, target, "--reason", "再来", "--user", "lin"))
    assert "未获批准" in good(shoushi("repair", "refuse", again, "--text", "不必", "--user", "zhou"))
    assert shoushi("repair", "show", again, "--follow", "--user", "he").status == 1


def test_a_plan_is_checked_kept_and_refused_until_it_is_approved(shoushi: Run, tmp_path: Path) -> None:
    assert "process_crash" in good(shoushi("drill", "scenarios"))
    entry = catalogue.scenario("tabletop_major")
    reference = {"level": "专项", "document": "YA-02"}
    said = plan.outline(
        entry, SYSTEM.now(), ROLES, payers=["city"], reference=reference, modules=["documents"]
    )
    path = tmp_path / "plan.yml"
    path.write_text(yaml.safe_dump(said | {"title": ""}, allow_unicode=True))
    assert "title" in shoushi("drill", "check", path).err
    path.write_text(yaml.safe_dump(said, allow_unicode=True))
    assert good(shoushi("drill", "check", path)) == "没有发现问题。"
    number = good(shoushi("drill", "plan", path, "--submit", "--user", "he"))
    assert number in good(shoushi("drill", "list", "--user", "wang"))
    assert "批准" in shoushi("drill", "check", number, "--user", "he").err
    assert shoushi("drill", "run", number, "--user", "he").status == 1
    assert shoushi("drill", "abort", number, "--text", "x", "--user", "he").status == 1
