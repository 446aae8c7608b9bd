"""What a drill asks from outside: each kind answers whether it is well, within its time."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from incidents.monitoring.probes import KINDS, Around
from incidents.monitoring.probes import run as ask
from kernel.errors import Invalid
from kernel.web.i18n import gettext as _
from playbooks.schema import Probe

Check = Callable[[float], Awaitable[bool]]
"""Asks once within so many seconds."""
NAMES = {"http": {"expect": "contains"}, "tls_days": {"min_days": "days_left"}}
MONITORED = {"http": "http", "tcp": "tcp", "smtp": "smtp", "tls_days": "tls"}


class Counts(Protocol):
    """A probe that also knows how many acknowledged rows are gone."""

    def lost(self) -> int | None:
        """Return the rows lost; None when that cannot be told."""

    def close(self) -> None:
        """Keep no connection."""


def check_of(probe: Probe, asked: Mapping[str, Any]) -> tuple[Check, Counts | None]:
    """Return how to ask a probe whose fields are filled in, and its counter; 422 names a wrong field."""
    if probe.kind in MONITORED:
        return _monitored(probe.kind, asked), None
    if probe.kind in ("sql", "sql_write"):
        return _database(probe.kind, asked)
    return _file_free(str(asked["path"]), float(asked["min_mb"])), None


def _database(kind: str, asked: Mapping[str, Any]) -> tuple[Check, Counts | None]:
    from drills.conductor.databases import Query, Writer  # a driver that few drills need

    if kind == "sql_write":
        writer = Writer(str(asked["dsn"]))
        return writer.check, writer
    return Query(str(asked["dsn"]), str(asked["query"]), str(asked.get("expect", ""))).check, None


def _monitored(kind: str, asked: Mapping[str, Any]) -> Check:
    """Ask as monitoring does: the same kinds, the same answers."""
    renamed = {NAMES.get(kind, {}).get(name, name): value for name, value in asked.items()}
    if kind == "smtp":
        renamed.setdefault("starttls", False)
    name = MONITORED[kind]
    try:
        spec = KINDS[name].spec.model_validate(renamed)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid.field(
            "probes", _("探测参数%(name)s有误：%(why)s", name=where, why=first["msg"])
        ) from None

    async def check(seconds: float) -> bool:
        return (await ask(name, spec, seconds, Around())).ok

    return check


def _file_free(path: str, megabytes: float) -> Check:
    async def check(seconds: float) -> bool:
        try:
            usage = await asyncio.wait_for(asyncio.to_thread(shutil.disk_usage, path), seconds)
        except (OSError, TimeoutError):
            return False
        return usage.free >= megabytes * 1e6

    return check
