"""Drills as they were held: a package above holds them, and names in its manifest how to list them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from kernel.manifest import resolve
from kernel.platform import Platform


class Rehearsal(NamedTuple):
    """A drill that has ended: its outcome and what was measured (seconds, rows; None: not measured)."""

    number: str
    title: str
    incident: str | None
    started_at: datetime
    outcome: str
    """completed, failed, aborted or interrupted."""
    rto: float | None
    rto_limit: float | None
    lost_rows: int | None


def rehearsed(platform: Platform, session: Session, start: datetime, end: datetime) -> list[Rehearsal]:
    """Ask every package that holds drills for those that ended in [start, end)."""
    found: list[Rehearsal] = []
    for manifest in platform.catalogue.manifests:
        if manifest.rehearsed:
            found += resolve(manifest.rehearsed)(session, start, end)
    return found
