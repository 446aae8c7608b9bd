"""Works that wait for the group writer together, so that they share a commit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from kernel.db import Database


def done_together(database: Database, *works: Any, actors: Sequence[str] | None = None) -> list[Any]:
    """Submit all while the writer is busy, so that they gather; return what each gave or raised."""
    begun, go = threading.Event(), threading.Event()
    database.group.submit("plug", lambda session: (begun.set(), go.wait(20)))
    assert begun.wait(20)
    names = actors or ["lin"] * len(works)
    futures = [database.group.submit(name, work) for name, work in zip(names, works, strict=True)]
    go.set()
    return [each.exception(20) or each.result(20) for each in futures]
