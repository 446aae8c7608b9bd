"""The platform watches itself from its first minute: its pages, its database, its mail, its disk, a login."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from incidents.monitoring import schemas, service
from incidents.monitoring.models import Probe
from kernel.identity.setup import add_member
from kernel.platform import Platform
from sla import pinned

ACCOUNT, ACCOUNT_NAME = "probe", "平台巡检账户"


def demo(platform: Platform, *, fresh: bool, scripted: bool) -> None:
    """Begin with the demonstration; a rehearsal's clock is too fast for it."""
    if fresh and scripted:
        install(platform)


def install(platform: Platform) -> None:
    """Configure the platform's own probes on a database that has none."""
    with platform.db.read() as session:
        if session.scalar(select(Probe.id).limit(1)):
            return
    password = f"{secrets.token_urlsafe(18)}-Aa1"
    add_member(
        platform, ACCOUNT, ACCOUNT_NAME, password, unit_key="platform", roles=["staff"], must_change=False
    )
    contract, now = pinned.in_force(platform), platform.clock.now()
    with platform.db.write("init") as session:
        for raw in _own(platform, password):
            service.save(session, now, contract, schemas.read(raw), None, origin=service.OWN)


def _own(platform: Platform, password: str) -> Iterator[dict[str, Any]]:
    yield _probe("own-web", "本平台网页", "http", 30, {"url": "/healthz", "contains": "ok"})
    yield _probe("own-ready", "本平台就绪状态", "http", 60, {"url": "/readyz", "contains": '"ready":true'})
    yield _probe("own-database", "本平台数据库", "sql", 30, {"url": "self", "query": "SELECT 1"})
    yield _probe("own-host", "本机资源", "host", 60, {"disk_percent": 95, "inode_percent": 95})
    settings = platform.settings
    if settings.smtp_host:
        server: dict[str, Any] = {"host": settings.smtp_host, "port": settings.smtp_port}
        if settings.smtp_security == "tls":
            yield _probe("own-mail", "发信服务器", "tls", 300, server)
        else:
            server["starttls"] = settings.smtp_security == "starttls"
            yield _probe("own-mail", "发信服务器", "smtp", 60, server)
    journey = {"username": ACCOUNT, "password": password, "page": "/"}
    yield _probe("own-journey", "办公登录旅程", "journey", 300, journey)


def _probe(key: str, name: str, kind: str, interval: int, spec: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "name": name, "kind": kind, "interval": interval, "timeout": 10, "spec": spec}
