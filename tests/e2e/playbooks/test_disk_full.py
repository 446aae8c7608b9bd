"""The data disk fills: the process lives and cannot store; old logs go by an allow-list."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.e2e.playbooks.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks-b")]


def store(lab: Lab) -> int:
    return httpx.post(lab.text("{{ oa_url }}/documents"), content="x" * 4096, timeout=5).status_code


def build(lab: Callable[..., Lab], variant: str) -> Lab:
    """Where mounting is forbidden, "auto" gives the quota; only a machine that may mount shows the tmpfs."""
    drill = lab("disk_full", disk_variant=variant)
    if variant == "auto" and drill.measured.get("disk") != "tmpfs":
        pytest.skip("this machine does not permit mounting a tmpfs; the quota stands for it")
    return drill


@pytest.mark.parametrize("variant", ["auto", "quota"])
def test_a_full_disk_is_seen_and_freed(variant: str, lab: Callable[..., Lab]) -> None:
    drill = build(lab, variant)
    assert [store(drill) for _ in range(3)] == [200] * 3
    if variant == "auto":
        drill.run("inject.yml", fails=True, disk_fill_max_mb=4)
        assert (drill.page(), store(drill)) == (True, 200), "a disk with much room is never filled"
        drill.run("inject.yml")
        drill.wait_page(up=False)
        drill.neglect("app1")
        drill.wait_page(up=True, limit=60)
        assert drill.run("rollback.yml")["deadman"] == "fired"
    drill.run("inject.yml")
    drill.wait_page(up=False)
    answer = httpx.get(drill.text("{{ oa_url }}/documents/count"), timeout=5)
    assert answer.status_code == 200, "it still reads"
    drill.run("respond.yml")
    assert (drill.page(), store(drill)) == (True, 200)
    measured = drill.run("verify.yml")
    assert (measured["rows_kept"], measured["rows_after"]) == (True, measured["rows_before"] + 1)
    assert drill.measured["files_removed"] == drill.measured["files_found"] >= 1
    assert 10_000 < drill.measured["freed_kb"] < 20_000
    assert drill.run("rollback.yml")["deadman"] == "disarmed"
    assert not (drill.dir / "app1" / "data" / "ballast").exists()
