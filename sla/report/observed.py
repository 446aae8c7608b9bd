"""Availability as somebody watched it: packages above measure it, and name how in their manifests."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from kernel.manifest import resolve
from kernel.platform import Platform


class Observed(NamedTuple):
    """How long somebody watched a module for a payer, and how long it was down in that time, in seconds."""

    module: str | None
    payer: str | None
    seen: float
    down: float


def observed(
    platform: Platform, session: Session, start: datetime, end: datetime, now: datetime
) -> list[Observed]:
    """Ask every package that measures; by module and payer, None (all of them) last."""
    found: list[Observed] = []
    for manifest in platform.catalogue.manifests:
        if manifest.observed:
            found += resolve(manifest.observed)(session, start, end, now, platform.zone)
    return sorted(found, key=lambda o: (o.module is None, o.module or "", o.payer is None, o.payer or ""))
