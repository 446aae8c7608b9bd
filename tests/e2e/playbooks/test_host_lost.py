"""A whole host is lost; backup equipment takes over with the data that reached it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import httpx
import pytest

from tests.e2e.playbooks.lab import CONTENT, Lab
from tests.support.process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks-b")]


def count(lab: Lab, url: str) -> int:
    return int(httpx.get(lab.text("{{ " + url + " }}/documents/count"), timeout=5).json()["count"])


def signal(lab: Lab, action: str, host: str, name: str) -> None:
    script = CONTENT / "roles" / "lab" / "files" / "svc.sh"
    subprocess.run(["sh", str(script), action, str(lab.dir / host), name], check=True)


def test_the_backup_equipment_takes_over_with_its_data(lab: Callable[..., Lab]) -> None:
    drill = lab("host_lost")
    wait_for(lambda: count(drill, "backup_url") > 20, "documents on the backup")
    assert httpx.get(drill.text("{{ backup_url }}/health"), timeout=5).status_code == 503, (
        "it does not serve yet"
    )
    drill.run("inject.yml")
    heartbeat = drill.dir / "power" / "deadman" / "heartbeat"
    before = heartbeat.stat().st_mtime_ns
    drill.wait_page(up=False)
    drill.run("deadman_refresh.yml")
    assert heartbeat.stat().st_mtime_ns > before
    drill.neglect("power")
    drill.wait_page(up=True, limit=60)
    assert drill.run("rollback.yml")["deadman"] == "fired"
    assert httpx.get(drill.text("{{ main_url }}/role"), timeout=5).text == "serving"
    drill.run("inject.yml")
    drill.wait_page(up=False)
    assert not (drill.dir / "main").exists(), "the host is gone with its disk"
    drill.run("respond.yml")
    assert drill.page()
    assert drill.measured["serving"] == "backup1"
    drill.run("verify.yml")
    assert drill.measured["rows_acknowledged"] > 20
    assert drill.measured["rows_lost"] <= 10
    drill.run("rollback.yml")
    drill.run("rollback.yml")
    assert drill.page()
    assert httpx.get(drill.text("{{ main_url }}/role"), timeout=5).text == "following"
    wait_for(lambda: count(drill, "main_url") > 20, "the lost host to follow with all documents")


def test_a_backup_that_fell_behind_shows_the_loss(lab: Callable[..., Lab]) -> None:
    """The negative control of the loss count."""
    drill = lab("host_lost")
    signal(drill, "freeze", "backup", "oa")
    before = count(drill, "main_url")
    wait_for(lambda: count(drill, "main_url") > before + 40, "documents that nobody copies")
    drill.run("inject.yml")
    drill.wait_page(up=False)
    signal(drill, "thaw", "backup", "oa")
    drill.run("respond.yml")
    drill.run("verify.yml")
    assert drill.measured["rows_lost"] >= 40
