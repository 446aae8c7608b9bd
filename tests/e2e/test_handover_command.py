"""`shoushi handover`, checked by `shoushi verify` and judged anew by `shoushi audit`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.e2e.test_commands import Run, good, reported, shoushi

__all__ = ["shoushi"]


@pytest.mark.parametrize("name", ["all", "all.zip"])
def test_a_handover_is_verified_audited_and_its_tampering_named(
    shoushi: Run, tmp_path: Path, name: str
) -> None:
    reported(shoushi)
    target = tmp_path / name
    done = shoushi("handover", target, "--user", "wang", "--purpose", "移交档案室")
    assert "个文件" in good(done)
    proof = target if name.endswith(".zip") else target / "manifest.json"
    assert "数据移交清单" in good(shoushi("verify", proof))
    if target.is_dir():
        judged = shoushi("audit", target / "incidents.jsonl", "--format", "events", "--json")
        assert json.loads(good(judged))["incidents"] == 1
        (target / "incidents.jsonl").write_bytes(b"{}\n")
        assert "incidents.jsonl" in shoushi("verify", proof).err


def test_a_handover_needs_a_purpose_and_party_a(shoushi: Run, tmp_path: Path) -> None:
    assert shoushi("handover", tmp_path / "x", "--user", "wang").status == 2
    assert shoushi("handover", tmp_path / "x", "--user", "lin", "--purpose", "看看").status == 1
    assert not (tmp_path / "x").exists()


def test_a_zip_without_a_manifest_is_no_file_of_ours(shoushi: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "x")
    assert shoushi("verify", path).status == 2
