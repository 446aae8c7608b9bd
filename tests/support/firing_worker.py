"""A worker process for the tests: fires until it is killed or nothing has been left for a while.

    python -m tests.support.firing_worker URL UNTIL [HOW]

HOW is `batches`, one after the other, or `turns`, as the worker's job does it, on a server with a second
thread.

It waits for a line on standard input before it starts, so that all begin together.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kernel.bootstrap import build_platform
from kernel.clock import FixedClock
from kernel.settings import load_settings
from sla.deadlines import engine
from sla.deadlines.jobs import tick
from tests.support.deadlines import CATALOGUE


def main(url: str, at: str, how: str = "batches") -> None:
    """Fire everything due at `at`."""
    logging.disable()
    settings = load_settings({}, data_dir=Path(tempfile.gettempdir()), database_url=url)
    platform = build_platform(settings, CATALOGUE, ZoneInfo("UTC"), FixedClock(datetime.fromisoformat(at)))
    print("ready", flush=True)
    sys.stdin.readline()
    empty = 0
    while empty < 3:
        fired = tick(platform) if how == "turns" else engine.fire_batch(platform, 100)
        empty = 0 if fired or engine.due_now(platform, 1) else empty + 1
        if fired:
            print(fired, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
