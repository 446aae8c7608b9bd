"""Probes from a file (SHOUSHI_PROBES): brought in at every start, read-only on pages.

[[probe]]
key = "portal"
name = "门户首页"
kind = "http"
interval = 30
module = "documents"
spec = { url = "https://oa.example.gov.cn/", contains = "公文" }
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy import select

from incidents.monitoring import schemas, service
from incidents.monitoring.models import Probe
from kernel.errors import AppError, ConfigError
from kernel.platform import Platform
from sla import pinned


def load(platform: Platform) -> None:
    """Bring the file's probes in by their keys; those it no longer names are switched off."""
    path = platform.settings.probes
    if path is None:
        return
    told = [_read(path, raw) for raw in _raw(path)]
    contract, now = pinned.in_force(platform), platform.clock.now()
    with platform.db.write("config") as session:
        known = {probe.key: probe for probe in session.scalars(select(Probe))}
        for each in told:
            probe = known.get(each.key)
            if probe is not None and not _differs(probe, each):
                continue
            try:
                service.save(session, now, contract, each, probe, origin=service.FILE)
            except AppError as error:
                raise ConfigError(f"{path}: probe {each.key}: {_words(error)}") from None
        for gone in set(known) - {each.key for each in told}:
            if known[gone].origin == service.FILE and known[gone].enabled:
                known[gone].enabled = 0
                service.announce_change(session, now)


def _raw(path: Path) -> list[dict[str, Any]]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = found.pop("probe", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"SHOUSHI_PROBES: {path}: {error}") from None
    if found or not isinstance(rows, list):
        raise ConfigError(f"SHOUSHI_PROBES: {path}: only [[probe]] tables are known")
    return rows


def _read(path: Path, raw: dict[str, Any]) -> schemas.ProbeIn:
    try:
        return schemas.read(raw)
    except AppError as error:
        raise ConfigError(f"{path}: probe {raw.get('key', '?')}: {_words(error)}") from None


def _words(error: AppError) -> str:
    return "; ".join(f"{e.field}: {e.message}" for e in error.errors) or error.detail


def _differs(probe: Probe, told: schemas.ProbeIn) -> bool:
    spec, hidden = schemas.divided(schemas.spec_of(told.kind, told.spec))
    wanted = told.model_dump() | {"spec": spec}
    return wanted != dict(service.as_told(probe)) or hidden != probe.secrets or probe.origin != service.FILE
