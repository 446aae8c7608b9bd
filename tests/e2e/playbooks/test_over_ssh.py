"""The same playbooks on a host that is reached over SSH, and the repairs for real incidents."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.playbooks.lab import CONTENT, Lab
from tests.e2e.playbooks.sshd import SshServer
from tests.support.zygote import measured

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks-b")]
Build = Callable[..., Lab]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    made = SshServer(tmp_path / "sshd")
    yield made
    made.stop()


def remote(lab: Lab, server: SshServer, **more: Any) -> Path:
    """Write an inventory in which the lab's host is reached over SSH."""
    text = (CONTENT / "scenarios" / lab.name / "inventory.local.yml").read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    said["all"]["vars"] |= server.variables() | more
    path = server.folder / "inventory.yml"
    path.write_text(yaml.safe_dump(said))
    return path


def test_a_host_over_ssh_is_struck_healed_and_measured(lab: Build, server: SshServer) -> None:
    drill = lab("process_crash")
    drill.inventory = remote(drill, server)
    drill.run("inject.yml", deadman_seconds=300)
    drill.wait_page(up=False)
    assert (drill.dir / "app1" / "deadman" / "armed").exists()
    drill.run("respond.yml")
    assert drill.page()
    assert drill.run("verify.yml")["rows_kept"] is True
    assert drill.run("rollback.yml")["deadman"] == "disarmed"


def test_a_host_with_an_unknown_key_is_refused_and_never_asked_about(lab: Build, server: SshServer) -> None:
    drill = lab("process_crash")
    (server.folder / "nobody").write_text("")
    drill.inventory = remote(drill, server, **server.variables("nobody"))
    said = drill.said("inject.yml", fails=True)
    assert "Host key verification failed" in said
    assert drill.page(), "nothing was injected"


def test_a_repair_leaves_a_working_service_alone_and_restarts_a_hung_one(lab: Build) -> None:
    drill = lab("process_hang")
    repair = CONTENT / "repairs" / "restart_service" / "repair.yml"
    assert measured(drill.said(str(repair))) == {"answered_before": True}
    drill.run("inject.yml")
    drill.wait_page(up=False)
    assert measured(drill.said(str(repair))) == {"answered_before": False}
    assert drill.page()


def test_a_repair_removes_old_logs_only_and_a_check_removes_none(lab: Build, tmp_path: Path) -> None:
    drill = lab("process_crash")
    logs = tmp_path / "log"
    logs.mkdir()
    for name, days in (("oa.log.1", 9), ("oa.log.2", 1), ("oa.log", 9), ("kept.txt", 9)):
        (logs / name).write_bytes(bytes(20_000))
        subprocess.run(["touch", "-d", f"{days} days ago", str(logs / name)], check=True)
    (logs / "link.log.1").symlink_to(logs / "kept.txt")
    repair = str(CONTENT / "repairs" / "free_disk" / "repair.yml")
    given = {"disk_path": str(logs), "disk_clean_dirs": [str(logs)], "disk_clean_days": 7}
    tried = measured(drill.said(repair, "--check", **given))
    assert (tried["files_found"], tried["files_removed"]) == (1, 0)
    assert (logs / "oa.log.1").exists()
    done = measured(drill.said(repair, **given))
    assert (done["files_found"], done["files_removed"]) == (1, 1)
    assert sorted(p.name for p in logs.iterdir()) == ["kept.txt", "link.log.1", "oa.log", "oa.log.2"]
