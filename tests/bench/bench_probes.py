"""1,000 probes every 30 s in one runner: how late a check begins, and how late a deadline fires meanwhile.

Half ask a page, half a port of a server on this machine; durable SQLite as in production. The first round is
left out: it writes a thousand changes of state at once.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

from incidents.monitoring import runner, schemas, service
from kernel.clock import SYSTEM
from kernel.db import Database
from kernel.db.types import Base
from kernel.models import import_all
from kernel.platform import Platform
from sla import pinned
from sla.deadlines.jobs import tick
from tests.bench.row import Row
from tests.support.faulty import Faulty

PROBES, SECONDS = 1_000, 75.0


class Listener:
    """Stands for the histogram and keeps every value."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def observe(self, value: float) -> None:
        self.values.append(value)


def configure(platform: Platform, server: Faulty) -> None:
    """Write the probes as the service does."""
    contract, now = pinned.in_force(platform), SYSTEM.now()
    kinds = (("http", {"url": f"{server.url}/ok"}), ("tcp", {"host": "127.0.0.1", "port": server.port}))
    with platform.db.write("bench") as session:
        for number in range(PROBES):
            kind, spec = kinds[number % 2]
            raw = {"key": f"p{number}", "name": "p", "kind": kind, "spec": spec, "interval": 30}
            service.save(session, now, contract, schemas.read(raw), None)


def measure(folder: Path) -> tuple[float, float]:
    """Return p99 of how late checks begin, and the longest tick of the deadline engine meanwhile."""
    import app
    from kernel.bootstrap import build_platform
    from kernel.settings import load_settings

    import_all()
    settings = load_settings({}, data_dir=folder)
    platform = build_platform(settings, app.catalogue(), app.zone(settings), SYSTEM)
    platform.db = Database(settings.url)
    Base.metadata.create_all(platform.db.write_engine)
    server, listener, pause = Faulty(), Listener(), threading.Event()
    configure(platform, server)
    platform.metrics.probe_late = listener  # type: ignore[assignment]
    begun, slowest = SYSTEM.monotonic(), 0.0
    while SYSTEM.monotonic() - begun < SECONDS:
        runner.keep(platform)
        started = SYSTEM.monotonic()
        tick(platform)
        slowest = max(slowest, SYSTEM.monotonic() - started)
        pause.wait(0.5)
        if SYSTEM.monotonic() - begun < 35:
            listener.values.clear()
    runner.forget(platform)
    server.close()
    assert len(listener.values) > PROBES
    return quantiles(listener.values, n=100)[98], slowest


def run() -> Iterator[Row]:
    """Measure once; the figure is a duration, so the floor is the target."""
    with tempfile.TemporaryDirectory() as folder:
        late, slowest = measure(Path(folder))
    yield f"{PROBES:,} probes at 30 s: schedule drift p99, s", late, 1.0, late, "< 1 s"
    yield "a tick of the deadline engine meanwhile, longest, s", slowest, 2.0, slowest / 2, "< 2 s"
