"""Configure probes, hear heartbeats. Only ops edit: where we knock is up to those who answer for it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents.monitoring.models import Probe, ProbeBeat, ProbeRunner, ProbeState
from incidents.monitoring.probes import Around, Result, Spec, run
from incidents.monitoring.rules import UNKNOWN
from incidents.monitoring.schemas import ProbeIn, check, divided, spec_of
from kernel import audit, feed
from kernel.db.once import insert_once
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.contract import Contract

PAGE, FILE, OWN = "page", "file", "own"


def find(session: Session, key: str) -> Probe:
    """Return a probe; 404 when there is none."""
    probe = session.scalar(select(Probe).where(Probe.key == key))
    if probe is None:
        raise NotFound(_("没有探测 %(key)s。", key=key))
    return probe


def create(session: Session, now: datetime, actor: Actor, contract: Contract, told: ProbeIn) -> Probe:
    """Configure a new probe."""
    actor.demand("probe.manage")
    if session.scalar(select(Probe.id).where(Probe.key == told.key)):
        raise Invalid.field("key", "这个标识已被使用，请换一个。")
    return save(session, now, contract, told, None)


def change(
    session: Session,
    now: datetime,
    actor: Actor,
    contract: Contract,
    key: str,
    told: ProbeIn,
    version: int | None = None,
) -> Probe:
    """Configure a probe anew; secrets that are left empty stay as they are."""
    actor.demand("probe.manage")
    probe = find(session, key)
    if probe.origin == FILE:
        raise Forbidden("这个探测由配置文件管理，请修改文件后重新启动。")
    if version is not None and version != probe.version:
        raise Conflict("页面已过期：这个探测刚被修改，请刷新后再提交。", code="stale")
    if told.key != key or told.kind != probe.kind:
        raise Invalid.field("kind", "标识与种类不能改；请新建一个。")
    return save(session, now, contract, told, probe, origin=probe.origin)


def save(
    session: Session,
    now: datetime,
    contract: Contract,
    told: ProbeIn,
    probe: Probe | None,
    origin: str = PAGE,
) -> Probe:
    """Write a probe that has been permitted; the runner reads it within seconds."""
    check(contract, told)
    spec, hidden = divided(spec_of(told.kind, told.spec))
    if probe is None:
        token = secrets.token_urlsafe(24) if told.kind == "heartbeat" else None
        probe = Probe(key=told.key, kind=told.kind, secrets={}, beat_token=token, version=0)
        session.add(probe)
    probe.spec, probe.origin, probe.secrets = spec, origin, probe.secrets | hidden
    for name in ("name", "interval", "timeout", "failures", "recoveries", "module", "payer", "fault_class"):
        setattr(probe, name, getattr(told, name))
    probe.windows, probe.enabled = list(told.windows), int(told.enabled)
    probe.version += 1
    session.flush()
    _begin_state(session, probe)
    detail = told.model_dump(exclude={"spec"}) | {"spec": spec, "secrets": sorted(hidden), "origin": origin}
    audit.record(session, now, "probe.save", f"probe:{probe.key}", detail)
    feed.announce(session, now, "probe", "/probes")
    announce_change(session, now)
    return probe


def _begin_state(session: Session, probe: Probe) -> None:
    row = {
        "probe_id": probe.id, "state": UNKNOWN, "since": None, "flaps": 0, "words": "", "detail": "",
        "seconds": 0.0, "checked_at": None, "alerted": 0,
    }  # fmt: skip
    if probe.version == 1:
        insert_once(session, ProbeState, row)


def announce_change(session: Session, now: datetime) -> None:
    """Let the runner read the probes again."""
    changed = session.execute(update(ProbeRunner).values(generation=ProbeRunner.generation + 1))
    if not changed.rowcount:  # type: ignore[attr-defined]
        insert_once(session, ProbeRunner, {"id": 1, "holder": "", "until_at": now, "generation": 1})


def full_spec(probe: Probe) -> Spec:
    """Return the spec with its secrets, for the check alone."""
    return spec_of(probe.kind, probe.spec | probe.secrets)


def around(platform: Platform, silent: float = 0.0) -> Around:
    """Return what a check knows of us."""
    settings = platform.settings
    return Around(settings.base_url.rstrip("/"), settings.url, str(settings.data_dir), silent)


async def test(platform: Platform, probe: Probe, heard: datetime | None) -> Result:
    """Ask once, at once, for somebody who wants to see it; changes nothing."""
    silent = (platform.clock.now() - heard).total_seconds() if heard else 0.0
    return await run(probe.kind, full_spec(probe), probe.timeout, around(platform, silent))


def hear(session: Session, now: datetime, token: str) -> str:
    """Note that a heartbeat called; returns its probe's key."""
    found = session.execute(select(Probe.id, Probe.key).where(Probe.beat_token == token)).first()
    if found is None:
        raise NotFound("没有这个心跳。")
    changed = session.execute(update(ProbeBeat).where(ProbeBeat.probe_id == found.id).values(at=now))
    if not changed.rowcount:  # type: ignore[attr-defined]
        insert_once(session, ProbeBeat, {"probe_id": found.id, "at": now})
    return str(found.key)


def as_told(probe: Probe) -> Mapping[str, Any]:
    """Return a probe as it would be written, without its secrets."""
    names = (
        "key",
        "name",
        "kind",
        "spec",
        "interval",
        "timeout",
        "failures",
        "recoveries",
        "module",
        "payer",
    )
    found = {name: getattr(probe, name) for name in (*names, "fault_class", "windows")}
    return found | {"enabled": bool(probe.enabled)}
