"""What commands need: settings, the catalogue and a platform."""

from __future__ import annotations

import logging
from typing import Any
from zoneinfo import ZoneInfo

from kernel.bootstrap import build_platform, ready
from kernel.clock import SYSTEM, Clock
from kernel.manifest import Catalogue, resolve
from kernel.platform import Platform
from kernel.settings import Settings, load_settings

COMPOSITION_ROOT = "app"


def the_catalogue() -> Catalogue:
    """Ask the composition root (by name: the kernel imports nothing above itself)."""
    catalogue: Catalogue = resolve(f"{COMPOSITION_ROOT}:catalogue")()
    return catalogue


def the_zone(settings: Settings) -> ZoneInfo:
    """Ask the composition root for the contract's zone."""
    zone: ZoneInfo = resolve(f"{COMPOSITION_ROOT}:zone")(settings)
    return zone


def open_platform(
    settings: Settings | None = None, clock: Clock = SYSTEM, *, check: bool = True, **more: Any
) -> Platform:
    """Build the platform for a command; by default refuses a database that isn't ready."""
    settings = settings or load_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a slow run is in the run table
    for name in ("alembic", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    platform = build_platform(settings, the_catalogue(), the_zone(settings), clock, **more)
    if check:
        from kernel.db.migrate import require_current

        require_current(platform.db)
        ready(platform)
    return platform
