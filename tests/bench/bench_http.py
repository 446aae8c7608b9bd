"""Reporting by API and pages, against a FastAPI echo and a Jinja-only page in the same run, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.loopback import ROOT, Pair, free_port, in_turns, load, process, request

Row = tuple[str, float, float, float, str]
SECONDS = 2.0
ECHO = 5_700
"""Requests a second that the echo answered where an absolute target was set."""
REPORT = json.dumps(
    {
        "title": "收文登记页面无法保存",
        "fault_class": "system_general",
        "modules": ["receipts"],
        "payers": ["city"],
    }
).encode()
JSON = {"Content-Type": "application/json"}


def _shoushi(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"SHOUSHI_DATA_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def run() -> list[Row]:
    """Return reporting against the echo floor, and the list page against Jinja alone, round by round."""
    with tempfile.TemporaryDirectory() as folder, _ours(Path(folder)) as (ours, auth), _floor() as floor:
        page = in_turns(
            partial(load, ours, request("GET", "/incidents", auth), seconds=SECONDS),
            partial(load, floor, request("GET", "/page", {}), seconds=SECONDS),
        )
        report = in_turns(
            partial(load, ours, request("POST", "/api/v1/incidents", JSON | auth, REPORT), seconds=SECONDS),
            partial(load, floor, request("POST", "/echo", JSON, REPORT), seconds=SECONDS),
        )
    slow = (page.ours.p99_ms, page.floor.p99_ms, page.p99_ratio)
    pace = report.floor.per_second / ECHO
    there = (slow[0] * pace, 60.0, slow[0] * pace / 60)
    return [
        ("report an incident, req/s", *_rates(report), "≥ 0.1 × echo"),
        ("incident list page, req/s", *_rates(page), "≥ 0.6 × Jinja"),
        ("incident list page, p99 ms", *slow, "≤ 60 ms at echo 5,700/s"),
        ("… by this run's echo as there", *there, "≤ 60 ms"),
    ]


def _rates(pair: Pair) -> tuple[float, float, float]:
    return pair.ours.per_second, pair.floor.per_second, pair.ratio


@contextmanager
def _floor() -> Iterator[int]:
    port = free_port()
    with process(["-m", "tests.bench.echo", str(port)], port):
        yield port


@contextmanager
def _ours(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    port = free_port()
    environment = {"SHOUSHI_DATA_DIR": str(folder)}
    with process(["-m", "app", "serve", "--demo", "--port", str(port)], port, environment):
        token = _shoushi(folder / "demo", "token", "create", "--user", "engineer")
        yield port, {"Authorization": f"Bearer {token}"}
