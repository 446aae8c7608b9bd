"""Memory stays bounded whatever comes in; measured in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GIB = 1 << 30
MIB = 1 << 20
HEADER = b"number,incident_state,opened_at,sys_updated_at,priority\n"

# Far less than the inputs, and room enough for the interpreter: a reader that swallows a line dies here.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
from sla.cli import audit
audit([sys.argv[1], "--format", sys.argv[2]])
"""


def audit_limited(path: str, form: str, pipe: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED, path, form],
        check=False,
        capture_output=True,
        text=True,
        stdin=pipe,
        timeout=60,
    )


@pytest.mark.parametrize("form", ["servicenow", "events"])
def test_a_sparse_gigabyte_is_refused(form: str, tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(GIB)
    result = audit_limited(str(path), form)
    assert (result.returncode, f"{path}:1:1: " in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize("form", ["servicenow", "events"])
def test_a_pipe_that_never_ends_its_line_is_refused(form: str) -> None:
    endless = "import sys\nwhile True: sys.stdout.write('a' * 65536)"
    with subprocess.Popen(
        [sys.executable, "-c", endless], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as source:
        assert source.stdout is not None
        result = audit_limited("/dev/stdin", form, source.stdout.fileno())
        source.kill()
    assert (result.returncode, "1 MiB" in result.stderr) == (2, True), result.stderr


def test_a_quoted_field_that_never_closes_is_refused_at_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    with path.open("wb") as file:
        file.write(HEADER + b'INC1,"New\n')
        for _ in range(64):
            file.write(b"more and more\n" * (MIB // 14))
    result = audit_limited(str(path), "servicenow")
    assert (result.returncode, f"{path}:2:1: " in result.stderr) == (2, True), result.stderr


def test_a_line_just_under_the_bound_is_read(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    row = b"INC1,New,03-03-2025 09:00,03-03-2025 09:05,"
    path.write_bytes(HEADER + row + b"3" * (MIB - len(row) - 1) + b"\n")
    assert audit_limited(str(path), "servicenow").returncode == 0
    path.write_bytes(HEADER + row + b"3" * (MIB - len(row)) + b"\n")
    assert audit_limited(str(path), "servicenow").returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    row = b"INC1,New,03-03-2025 09:00,03-03-2025 09:05,3 - Moderate\n"
    with subprocess.Popen([sys.executable, "-c", LIMITED, str(pipe), "servicenow"]) as reader:
        pipe.write_bytes(HEADER + row)
        assert reader.wait(timeout=60) == 0
