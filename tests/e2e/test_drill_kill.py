"""kill -9 in mid-drill: of the conductor, of ansible; what was broken is undone, and nothing runs twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from drills import jobs, rules
from drills.conductor import lab
from drills.conductor.stage import folder_of, marker_of
from kernel.db.migrate import head
from playbooks import catalogue
from playbooks.runner.lock import file_lock
from playbooks.runner.reaper import carriers
from tests.support.drills import Rig, write_scenario
from tests.support.process import wait_for
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("drills"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]


@pytest.fixture
def rig(world: World, tmp_path: Path) -> Rig:
    """A rig on a database that other processes accept as up to date."""
    with world.platform.db.write_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{head()}')")
    return Rig(world, tmp_path / "unused")


def conductor(rig: Rig, number: str) -> subprocess.Popen[bytes]:
    """Start a conductor as the worker does: a process of its own."""
    return jobs.start(rig.world.platform, number)


def lab_of(rig: Rig, number: str) -> str:
    """Return the folder of the drill's lab, once the conductor has chosen it."""
    import json

    path = folder_of(rig.world.platform, number) / lab.VALUES
    wait_for(path.is_file, "the lab's variables")
    return str(json.loads(path.read_text())["lab_dir"])


def left_of(folder: str) -> list[str]:
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if folder in line]


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(30)


def test_a_killed_conductor_is_followed_by_one_that_only_goes_back(rig: Rig) -> None:
    number = rig.started("process_crash", modules=["documents"])
    first = conductor(rig, number)
    folder = lab_of(rig, number)
    rig.wait_for(number, "step_started")
    kill(first)
    assert rig.drill(number).state == rules.RUNNING
    assert jobs.wanting(rig.world.platform) == [number]
    second = conductor(rig, number)
    assert second.wait(120) == 0
    kinds = rig.kinds(number)
    assert (rig.drill(number).state, rig.drill(number).outcome) == (rules.ROLLED_BACK, rules.INTERRUPTED)
    assert [kinds.count(k) for k in ("injection_started", "undo_started", "undo_done", "interrupted")] == [
        1
    ] * 4
    assert left_of(folder) == []
    assert jobs.wanting(rig.world.platform) == []


def test_a_conductor_killed_while_going_back_leaves_it_to_people_with_the_steps_that_remain(rig: Rig) -> None:
    number = rig.started("process_crash", modules=["documents"])
    first = conductor(rig, number)
    folder = lab_of(rig, number)
    rig.wait_for(number, "step_started")
    rig.do("request_abort", "wang", number, "到此为止")
    rig.wait_for(number, "undo_started")
    kill(first)
    assert conductor(rig, number).wait(120) == 0
    assert rig.drill(number).state == rules.ROLLBACK_FAILED
    failed = next(e for e in rig.entries(number) if e.kind == "rollback_failed")
    assert failed.data["remaining"] == [{"id": "rollback:1", "playbook": "rollback.yml"}]
    assert rig.kinds(number).count("undo_started") == 1
    assert jobs.wanting(rig.world.platform) == []
    rig.do("retry_rollback", "he", number)
    assert jobs.wanting(rig.world.platform) == [number]
    assert conductor(rig, number).wait(120) == 0
    assert rig.drill(number).state == rules.ROLLED_BACK
    assert left_of(folder) == []


def test_a_second_conductor_leaves_a_living_one_alone(rig: Rig) -> None:
    number = rig.started("process_crash", modules=["documents"])
    first = conductor(rig, number)
    lab_of(rig, number)
    with file_lock(folder_of(rig.world.platform, number).parent, number) as free:
        assert not free
    assert conductor(rig, number).wait(60) == 3
    rig.do("request_abort", "he", number, "够了")
    assert first.wait(120) == 0


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_ansible_killed_in_mid_task_fails_the_drill_and_the_fault_is_undone(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    slow = [{"id": "restart", "kind": "auto", "playbook": "slow.yml", "limit": "2m"}]
    write_scenario(content, response=slow)
    rig = Rig(world, content)
    number = rig.started()
    thread = rig.conduct_beside(number)
    prefix = marker_of(world.platform, number)

    def working() -> list[psutil.Process]:
        found = carriers(lambda value: value.startswith(prefix))
        return found if any(words(p) == ["sleep", "60"] for p in found) else []

    found = wait_for(working, "the slow task")
    mains = [p for p in found if any(part.endswith("ansible-playbook") for part in words(p)[:3])]
    os.kill(min(mains, key=lambda p: p.create_time()).pid, signal.SIGKILL)
    thread.join(90)
    assert (rig.drill(number).state, rig.drill(number).outcome) == (rules.ROLLED_BACK, rules.FAILED)
    assert carriers(lambda value: value.startswith(prefix)) == []
    assert "step_failed" in rig.kinds(number)


def test_the_command_line_runs_a_drill_and_tells_what_happens(rig: Rig) -> None:
    number = rig.approved("disk_full", modules=["documents"])
    rig.release("disk_full")
    settings = rig.world.platform.settings
    given = {"SHOUSHI_DATABASE_URL": settings.url, "SHOUSHI_DATA_DIR": str(settings.data_dir)}
    # the clock of this world stands in March: only what a real clock would refuse is asked of the real one
    ran = subprocess.run(
        [sys.executable, "-m", "app", "drill", "run", "--user", "he", number],
        env=os.environ | given, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "批准已过期" in ran.stderr
