"""Reporting by API and pages, against a FastAPI echo and a Jinja-only page in the same run, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.loopback import ROOT, free_port, load, process, request

Row = tuple[str, float, float, float, str]
ROUNDS = 3
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


def _rate(port: int, raw: bytes, connections: int = 8) -> tuple[float, float]:
    rounds = [load(port, raw, connections=connections, seconds=3.0) for _ in range(ROUNDS)]
    if any(r.failures for r in rounds):
        raise RuntimeError("requests failed under load")
    return median(r.per_second for r in rounds), median(r.p99_ms for r in rounds)


def run() -> list[Row]:
    """Return reporting against the echo floor, and the list page against Jinja alone."""
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(Path(folder))
    port = free_port()
    with process(["-m", "tests.bench.echo", str(port)], port):
        echo, _ = _rate(port, request("POST", "/echo", JSON, REPORT))
        page, floor = _rate(port, request("GET", "/page", {}))
    report, list_page, p99 = ours
    return [
        ("report an incident, req/s", report, echo, report / echo, "≥ 0.1 × echo"),
        ("incident list page, req/s", list_page, page, list_page / page, "≥ 0.6 × Jinja"),
        ("incident list page, p99 ms", p99, floor, p99 / floor, "≤ 60 ms at echo 5,700/s"),
    ]


def _ours(folder: Path) -> tuple[float, float, float]:
    port = free_port()
    environment = {"SHOUSHI_DATA_DIR": str(folder)}
    with process(["-m", "app", "serve", "--demo", "--port", str(port)], port, environment):
        token = _shoushi(folder / "demo", "token", "create", "--user", "engineer")
        auth = {"Authorization": f"Bearer {token}"}
        pages, p99 = _rate(port, request("GET", "/incidents", auth))
        reports, _ = _rate(port, request("POST", "/api/v1/incidents", JSON | auth, REPORT))
    return reports, pages, p99
