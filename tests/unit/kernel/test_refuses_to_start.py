"""A broken contract or setting stops the start with one line that says where, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = (ROOT / "sla/contracts/huaibei-2025.toml").read_text(encoding="utf-8")


def start(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOUSHI_")}
    environ |= {"SHOUSHI_DATA_DIR": str(tmp_path / "data"), "PYTHONUTF8": "1"} | settings
    command = [sys.executable, "-m", "app", "serve", "--port", "0"]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("limit_hours = 8", 'limit_hours = "eight"', "limit_hours"),
        ('annual_fee = "2300000.00"', 'annual_fee = "2400000.00"', "annual_fee"),
        ("interval_minutes = 30", "", "interval_minutes"),
        ("[broadcast]", "[broadcast", ""),
    ],
)
def test_a_broken_contract_names_file_line_and_key(
    tmp_path: Path, right: str, wrong: str, named: str
) -> None:
    file = tmp_path / "city.toml"
    file.write_text(CONTRACT.replace(right, wrong, 1), encoding="utf-8")
    done = start(tmp_path, SHOUSHI_CONTRACT=str(file))
    assert done.returncode == 2
    assert f"{file}:" in done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_names_the_variable(tmp_path: Path) -> None:
    done = start(tmp_path, SHOUSHI_SMTP_PORT="many")
    assert done.returncode == 2
    assert "SHOUSHI_SMTP_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_contract_is_refused(tmp_path: Path) -> None:
    done = start(tmp_path, SHOUSHI_CONTRACT="atlantis-1999")
    assert done.returncode == 2
    assert "atlantis-1999" in done.stderr
