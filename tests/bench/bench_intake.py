"""Alert intake by HTTP, durable before the answer, against a FastAPI echo in the same run, on loopback.

A storm as monitoring sends it: 200 alerts of five causes, each request another one of them; by tens too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.loopback import ROOT, Load, Pair, free_port, in_turns, load, process, request
from tests.bench.row import Row
from tests.support.postgres import Postgres

CONNECTIONS = 16
MODULES = ("documents", "hotline", "todo", "duty", "receipts")
JSON = {"Content-Type": "application/json"}


def body(*numbers: int) -> bytes:
    """Return an Alertmanager notification of these alerts."""
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": f"Storm{n}", "module": MODULES[n % 5], "payer": "city", "job": "oa"},
            "annotations": {"summary": f"Storm{n}", "description": "probe_success == 0"},
            "startsAt": "2026-03-03T09:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://127.0.0.1:9090/graph",
            "fingerprint": f"{n:016x}",
        }
        for n in numbers
    ]  # fmt: skip
    return json.dumps(
        {
            "version": "4",
            "groupKey": "{}",
            "status": "firing",
            "receiver": "shoushi",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://127.0.0.1:9093",
            "truncatedAlerts": 0,
            "alerts": alerts,
        }
    ).encode()


def storm(auth: dict[str, str], each: int) -> list[bytes]:
    """Return requests that go through all two hundred alerts."""
    parts = [range(first, first + each) for first in range(0, 200, each)]
    return [request("POST", "/api/v1/alerts/alertmanager", JSON | auth, body(*part)) for part in parts]


def _shoushi(environment: dict[str, str], *arguments: str) -> str:
    run = [sys.executable, "-m", "app", *arguments]
    done = subprocess.run(run, cwd=ROOT, env=os.environ | environment, capture_output=True, check=True)
    return done.stdout.decode().strip()


def installed(environment: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Make an installation; return what a monitor and an engineer authorise themselves with."""
    secret = Path(environment["SHOUSHI_DATA_DIR"]) / "password"
    secret.write_text("Correct-horse-battery-7\n")
    _shoushi(environment, "init", "--password-file", str(secret))
    found = []
    for role in ("monitor", "engineer"):
        who = ("--unit", role, "--role", role, "--password-file", str(secret))
        _shoushi(environment, "user", "create", role, *who)
        token = _shoushi(environment, "token", "create", "--user", role, "--role", role)
        found.append({"Authorization": f"Bearer {token}"})
    return found[0], found[1]


def _ours(environment: dict[str, str], echo: Callable[[], Load]) -> tuple[Pair, Pair]:
    auth, _ = installed(environment)
    port = free_port()
    with process(["-m", "app", "serve", "--port", str(port)], port, environment):
        load(port, storm(auth, 10), connections=1, seconds=2.0)  # the incidents open
        one, ten = (partial(_load, port, storm(auth, each)) for each in (1, 10))
        return in_turns(one, echo), in_turns(ten, echo)


def _load(port: int, requests: list[bytes]) -> Load:
    return load(port, requests, connections=CONNECTIONS, seconds=2.0)


def run() -> Iterator[Row]:
    """Yield intake one by one and by tens, on SQLite and on PostgreSQL."""
    port = free_port()
    report = {"title": "x", "fault_class": "system_general", "modules": ["todo"], "payers": ["city"]}
    echo = partial(_load, port, [request("POST", "/echo", JSON, json.dumps(report).encode())])
    with process(["-m", "tests.bench.echo", str(port)], port):
        with tempfile.TemporaryDirectory() as folder:
            yield from _rows("SQLite", 0.35, *_ours({"SHOUSHI_DATA_DIR": folder}, echo))
        with tempfile.TemporaryDirectory() as folder:
            server = Postgres(Path(folder), durable=True)
            try:
                url = server.url(server.create())
                environment = {"SHOUSHI_DATA_DIR": folder, "SHOUSHI_DATABASE_URL": url}
                yield from _rows("PostgreSQL", 0.55, *_ours(environment, echo))
            finally:
                server.stop()


def _rows(kind: str, target: float, single: Pair, tens: Pair) -> Iterator[Row]:
    name, many = f"alerts, one a request, {kind}", tens.ours.per_second * 10
    yield f"{name}, req/s", single.ours.per_second, single.floor.per_second, single.ratio, f"≥ {target}"
    slow = (single.ours.p99_ms, single.floor.p99_ms, single.p99_ratio)
    yield f"{name}, p99 ms", *slow, "≤ 20 ms at echo 5,700/s"
    yield f"alerts, ten a request, {kind}, alerts/s", many, 5_000.0, many / 5_000, "≥ 5,000/s"
