"""Build the running platform from settings: what every process (web, worker, command) starts with."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import ArgumentError

from kernel.clock import SYSTEM, Clock
from kernel.db.engine import Database
from kernel.errors import ConfigError
from kernel.manifest import Catalogue, resolve
from kernel.outbox.channels.configured import configured
from kernel.platform import Platform
from kernel.settings import Settings
from kernel.signing import Signer, Sm2Signer


def build_platform(
    settings: Settings, catalogue: Catalogue, zone: ZoneInfo, clock: Clock = SYSTEM, **more: Any
) -> Platform:
    """Open the database and the channels; starts nothing."""
    platform = Platform(
        settings=settings,
        clock=clock,
        db=_open(settings),
        catalogue=catalogue,
        zone=zone,
        signer=_signer(settings),
        **more,
    )
    platform.channels.update(configured(settings))
    return platform


def _open(settings: Settings) -> Database:
    try:
        return Database(settings.url)
    except (ArgumentError, ImportError, ValueError) as error:  # also: a driver that isn't installed
        raise ConfigError(f"SHOUSHI_DATABASE_URL: {str(error).splitlines()[0]}") from None


def _signer(settings: Settings) -> Signer:
    given = settings.signing_key
    return Sm2Signer(given.get_secret_value() if given else settings.data_dir)


def ready(platform: Platform) -> Platform:
    """Let every package do what must precede serving; the schema is current by now."""
    for manifest in platform.catalogue.manifests:
        if manifest.on_start:
            resolve(manifest.on_start)(platform)
    return platform
