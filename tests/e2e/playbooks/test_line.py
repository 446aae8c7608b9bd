"""The main line is cut where nobody sees it; the backup route is taken and given back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.e2e.playbooks.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks")]


def need_namespaces() -> None:
    if os.getuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and iproute2")
    tried = subprocess.run(["ip", "netns", "add", "sd-try"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this machine does not allow network namespaces: {tried.stderr.strip()}")
    subprocess.run(["ip", "netns", "delete", "sd-try"], check=True)


def test_the_backup_line_carries_while_the_main_line_is_silent(lab: Callable[..., Lab]) -> None:
    drill = lab("line_cut")
    drill.run("inject.yml")
    drill.wait_page(up=False)
    drill.wait_page(up=False, probe="line1_ok")
    assert drill.page("line2_ok")
    drill.run("respond.yml")
    drill.run("verify.yml")
    assert (drill.measured["all_answered"], drill.measured["ends_switched"]) == (True, 1)
    assert not drill.page("line1_ok")
    assert drill.run("rollback.yml")["deadman"] == "disarmed"
    drill.run("rollback.yml")
    assert all(drill.page(probe) for probe in ("page_ok", "line1_ok", "line2_ok"))
    drill.run("inject.yml")
    drill.wait_page(up=False)
    drill.neglect("carrier1")
    drill.wait_page(up=True)
    assert drill.run("rollback.yml")["deadman"] == "fired"


def test_both_ends_must_switch(lab: Callable[..., Lab]) -> None:
    """The negative control: with the return route left on the dead line, the service stays down."""
    need_namespaces()
    drill = lab("line_cut_netns")
    drill.run("inject.yml")
    drill.wait_page(up=False)
    drill.run("respond.yml", limit="office")
    assert [drill.page() for _ in range(3)] == [False] * 3
    drill.run("respond.yml")
    drill.run("verify.yml")
    assert (drill.measured["all_answered"], drill.measured["ends_switched"]) == (True, 2)
    drill.run("rollback.yml")
    assert drill.page()
    drill.run("inject.yml")
    drill.wait_page(up=False)
    drill.neglect("carrier1")
    drill.wait_page(up=True)
    assert drill.run("rollback.yml")["deadman"] == "fired"
