"""What is under version control: layers hold, and nothing of the machine it was written on is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.arch.source import ROOT, tracked_files

TEXT = {
    ".py",
    ".toml",
    ".md",
    ".html",
    ".css",
    ".js",
    ".txt",
    ".lock",
    ".yml",
    ".yaml",
    ".sh",
    ".cfg",
    ".ini",
}


def test_imports_point_down_only() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


URL = re.compile(r"https?://([\w.-]+)")
INSTALLING = ("*.lock", "pyproject.toml", "Makefile", "*.sh", "*.yml", "*.yaml", "*.cfg", "*.ini", "pip.conf")
PUBLIC = {"pypi.org", "files.pythonhosted.org", "127.0.0.1", "localhost"}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_what_installs_us_names_no_package_registry_but_the_public_one() -> None:
    files = [p for p in tracked_files() if any(p.match(pattern) for pattern in INSTALLING)]
    hosts = {str(p.relative_to(ROOT)): set(URL.findall(text_of(p))) - PUBLIC for p in files}
    assert {name: found for name, found in hosts.items() if found} == {}


def test_no_path_of_this_machine_is_in_the_repository() -> None:
    files = [p for p in tracked_files() if p.suffix in TEXT or p.name == "Makefile"]
    assert [str(p.relative_to(ROOT)) for p in files if str(ROOT) in text_of(p)] == []
