"""An alert storm against a running platform: 10,000 alerts a minute for two minutes, a deadline amid it.

Counts what came of it: incidents, alerts that are on record, and how late the deadline was noticed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from kernel.clock import SYSTEM
from tests.bench.bench_intake import JSON, installed, storm
from tests.bench.loopback import free_port, process, request
from tests.bench.row import Row

SECONDS = int(os.environ.get("STORM_SECONDS", "120"))
PER_MINUTE, EACH = 10_000, 10
RESPONSE = timedelta(minutes=30)


class Outcome(NamedTuple):
    """What is in the database after the storm."""

    incidents: int
    alerts: int
    counted: int
    late: float


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
    return head.split(b" ", 2)[1]


async def _storm(port: int, requests: list[bytes]) -> int:
    """Send at the storm's rate, whatever the answers take; returns how many alerts were accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    total = PER_MINUTE * SECONDS // 60 // EACH
    begun, accepted = time.perf_counter(), 0
    for n in range(total):
        await asyncio.sleep(max(0.0, begun + n * SECONDS / total - time.perf_counter()))
        writer.write(requests[n % len(requests)])
        accepted += EACH * (await _answer(reader) == b"202")
    writer.close()
    return accepted


async def _report(port: int, auth: dict[str, str]) -> None:
    """Report a fault whose response is due in the middle of the storm."""
    at = SYSTEM.now() - RESPONSE + timedelta(seconds=SECONDS / 2)
    told = {
        "title": "会议室投影",
        "fault_class": "system_general",
        "modules": ["ink"],
        "reported_at": at.isoformat(),
    }
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request("POST", "/api/v1/incidents", JSON | auth, json.dumps(told).encode()))
    if await _answer(reader) != b"201":
        raise RuntimeError("the report was refused")
    writer.close()


def _outcome(file: Path) -> Outcome:
    with sqlite3.connect(file) as database:
        one = lambda sql: database.execute(sql).fetchone()  # noqa: E731
        (incidents,) = one("SELECT count(DISTINCT incident_id) FROM alert")
        alerts, counted = one("SELECT count(*), sum(count) FROM alert")
        due, noticed = one(
            "SELECT due_at, noticed_at FROM deadline WHERE clock = 'response' AND noticed_at IS NOT NULL "
            "AND subject = 'incident' AND subject_id = 1 ORDER BY due_at DESC LIMIT 1"
        )
    times = [datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (due, noticed)]
    return Outcome(incidents, alerts, counted, (times[1] - times[0]).total_seconds())


def run() -> Iterator[Row]:
    """Yield what the storm came to."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SHOUSHI_DATA_DIR": folder}
        monitor, engineer = installed(environment)
        port = free_port()
        with process(["-m", "app", "serve", "--port", str(port)], port, environment):
            asyncio.run(_report(port, engineer))
            accepted = asyncio.run(_storm(port, storm(monitor, EACH)))
            time.sleep(2)
        found = _outcome(Path(folder) / "shoushi.sqlite")
    name = f"alert storm, {PER_MINUTE:,} a minute for {SECONDS} s"
    sent = PER_MINUTE * SECONDS // 60 // EACH * EACH
    yield (
        f"{name}: alerts on record",
        float(found.counted),
        float(sent),
        found.counted / sent,
        "= 1, none lost",
    )
    yield f"{name}: alerts answered 202", float(accepted), float(sent), accepted / sent, "= 1"
    yield f"{name}: incidents", float(found.incidents), 5.0, found.incidents / 5, "≤ 5"
    yield f"{name}: deadline in the middle, s late", found.late, 2.0, found.late / 2, "≤ 2 s"
