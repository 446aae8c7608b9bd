"""The application dies, or hangs: seen from outside, brought back, nothing lost."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.e2e.playbooks.lab import CONTENT, Lab
from tests.support.process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks")]


def write(lab: Lab, count: int) -> None:
    with httpx.Client(base_url=lab.text("{{ oa_url }}"), timeout=5) as client:
        for n in range(count):
            assert client.post("/documents", content=f"document {n}").status_code == 200


def svc(lab: Lab, action: str, name: str = "oa") -> str:
    import subprocess

    folder = str(lab.dir / "app1")
    ran = subprocess.run(
        ["sh", str(CONTENT / "roles/lab/files/svc.sh"), action, folder, name],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.strip()


def test_a_killed_application_comes_back_with_every_document(lab: Callable[..., Lab]) -> None:
    drill = lab("process_crash")
    pid = svc(drill, "pid")
    assert drill.run("rollback.yml")["deadman"] == "absent"
    assert (drill.page(), svc(drill, "pid")) == (True, pid), "nothing was injected, so nothing is touched"
    write(drill, 30)
    drill.run("inject.yml")
    drill.wait_page(up=False)
    assert drill.page("bystander")
    assert svc(drill, "status") == "stopped"
    drill.run("respond.yml")
    assert drill.page()
    drill.run("verify.yml")
    assert (drill.measured["rows_before"], drill.measured["rows_after"]) == (30, 30)
    assert drill.measured["rows_kept"] is True
    assert drill.run("rollback.yml")["deadman"] == "disarmed"
    assert drill.run("rollback.yml")["deadman"] == "absent"
    assert drill.page()


def test_a_frozen_application_is_seen_though_its_process_lives(lab: Callable[..., Lab]) -> None:
    drill = lab("process_hang")
    write(drill, 5)
    drill.run("inject.yml")
    drill.wait_page(up=False)
    assert svc(drill, "status") == "running"
    drill.run("respond.yml")
    assert drill.page()
    drill.run("verify.yml")
    assert drill.measured["rows_after"] == drill.measured["rows_before"] == 5
    drill.run("inject.yml")
    switch = drill.dir / "app1" / "deadman"
    before = (switch / "heartbeat").stat().st_mtime_ns
    drill.run("deadman_refresh.yml")
    assert (switch / "heartbeat").stat().st_mtime_ns > before
    assert (switch / "armed").exists()
    assert not drill.page()
    drill.neglect("app1")
    wait_for((switch / "fired").exists, "the switch once nobody refreshes it", 60)
    drill.wait_page(up=True)
    assert drill.run("rollback.yml")["deadman"] == "fired"
