"""`shoushi serve | web | worker`: run the platform."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from kernel import cores
from kernel.cli.listening import bound
from kernel.clock import SYSTEM, AcceleratedClock, Clock
from kernel.errors import ConfigError
from kernel.platform import Platform
from kernel.settings import Settings, load_settings
from kernel.web.i18n import lazy

REHEARSAL_BANNER = "演练模式：时钟加速%(speed)s倍，数据与正式库隔离，不产生违约扣款效力。"
DEMO_BANNER = "演示数据：以下人员、故障与金额均为演示，请勿作为依据。"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--demo", is_flag=True, help="首次启动时装入带标记的演示数据")
@click.option("--rehearsal", is_flag=True, help="在独立的演练库上以加速时钟运行")
@click.option("--speed", default=600.0, show_default=True, type=click.FloatRange(min=1, max=100_000))
def serve(host: str, port: int, demo: bool, rehearsal: bool, speed: float) -> None:
    """启动网页与后台任务。"""
    from kernel.cli.context import open_platform

    settings = reachable(load_settings(), port)
    clock: Clock = SYSTEM
    banner = lazy(DEMO_BANNER) if demo else None
    if rehearsal:
        settings = rehearsal_settings(settings)
        clock, banner = (
            AcceleratedClock(speed, rehearsal_origin(settings)),
            lazy(REHEARSAL_BANNER, speed=f"{speed:g}"),
        )
    elif demo:
        settings = demo_settings(settings)
    kind = "rehearsal" if rehearsal else "demo" if demo else "live"
    platform = open_platform(settings, clock, check=False, banner=banner, demo=demo or rehearsal)
    prepare(platform, kind)
    if kind == "live" and not platform.db.is_sqlite and _many(settings):
        from kernel.cli.supervisor import supervise

        platform.db.close()
        supervise(host, port, settings)
        return
    settle_down(settings)
    run_web(platform, host, port, beside=lambda: start_worker(platform))


def _many(settings: Settings) -> bool:
    return settings.web_processes + settings.worker_processes > 2


PLACE = click.option(
    "--place", type=int, hidden=True, help="its place in the service, by which it chooses a core"
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--shared", is_flag=True, hidden=True, help="other web processes listen on the same port")
@PLACE
def web(host: str, port: int, shared: bool, place: int | None) -> None:
    """只启动网页；后台任务由 shoushi worker 承担。"""
    from kernel.cli.context import open_platform
    from kernel.db.stamp import require_kind

    platform = open_platform()
    require_kind(platform.db, "live")
    settle_down(platform.settings, place)
    run_web(platform, host, port, shared=shared)


@click.command()
@click.option(
    "--number", default=1, type=click.IntRange(1, 64), hidden=True, help="which of the workers it is"
)
@PLACE
def worker(number: int, place: int | None) -> None:
    """只启动后台任务。"""
    from kernel.cli.context import open_platform
    from kernel.db.stamp import require_kind

    platform = open_platform()
    require_kind(platform.db, "live")
    settle_down(platform.settings, place)
    stop = threading.Event()
    show_metrics(platform, number)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    stop_worker = start_worker(platform)
    stop.wait()
    stop_worker()


def show_metrics(platform: Platform, number: int) -> None:
    """Let Prometheus see what worker `number` counts: a web process knows nothing of it. Loopback only.

    Gauges that are read from the database stay with the web, so that nobody counts them twice.
    """
    from prometheus_client import start_http_server

    first = platform.settings.worker_metrics_port
    if first is None:
        return
    port = first + number - 1
    try:
        start_http_server(port, "127.0.0.1", platform.metrics.registry)
    except OSError as error:
        raise ConfigError(f"指标端口 {port} 无法使用：{error.strerror}") from None


def reachable(settings: Settings, port: int) -> Settings:
    """Say where we are reached on this machine, unless the operator has said it."""
    if "base_url" in settings.model_fields_set or not port:
        return settings
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})


def rehearsal_settings(settings: Settings) -> Settings:
    """Point at a database of its own, so that a rehearsal never meets real data."""
    return _own_folder(settings, "rehearsal")


def rehearsal_origin(settings: Settings) -> datetime:
    """Return when a rehearsal goes on: now, or where the last one got to on its faster clock."""
    from sqlalchemy import func, inspect, select

    from kernel.audit import AuditEntry
    from kernel.db.engine import Database

    database = Database(settings.url)
    try:
        if not inspect(database.engine).has_table(AuditEntry.__tablename__):
            return SYSTEM.now()
        with database.read() as session:
            last = session.scalar(select(func.max(AuditEntry.at)))
    finally:
        database.close()
    return max(SYSTEM.now(), last) if last else SYSTEM.now()


def demo_settings(settings: Settings) -> Settings:
    """Point at the demonstration's own folder."""
    return _own_folder(settings, "demo")


def _own_folder(settings: Settings, name: str) -> Settings:
    if settings.database_url is not None:
        return settings
    return settings.model_copy(update={"data_dir": Path(settings.data_dir) / name})


def prepare(platform: Platform, kind: str) -> None:
    """Bring the schema up to date and let the packages fill a demonstration or rehearsal."""
    from kernel.bootstrap import ready
    from kernel.db.migrate import upgrade
    from kernel.db.stamp import require_kind
    from kernel.manifest import resolve

    upgrade(platform.db)
    fresh = require_kind(platform.db, kind)
    ready(platform)
    if kind != "live":
        for manifest in platform.catalogue.manifests:
            if manifest.demo:
                resolve(manifest.demo)(platform, fresh=fresh, scripted=kind == "demo")


def settle_down(settings: Settings, place: int | None = None) -> None:
    """Take a core for this process, before it starts threads."""
    if settings.one_core:
        cores.stay_on_one(place)


def start_worker(platform: Platform) -> Callable[[], None]:
    """Start the worker in this process; returns how to stop it."""
    from kernel.jobs.worker import Worker

    running = Worker(platform)
    running.start()
    return running.stop


def run_web(
    platform: Platform,
    host: str,
    port: int,
    beside: Callable[[], Callable[[], None]] | None = None,
    *,
    shared: bool = False,
) -> None:
    """Serve until told to stop; `shared` with other processes that listen on the same port."""
    import uvicorn

    from kernel.edge.application import build_app

    config = uvicorn.Config(
        build_app(platform, beside),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    click.echo(f"守时 Shoushi: http://{host}:{port}", err=True)
    try:
        uvicorn.Server(config).run([bound(host, port)] if shared else None)
    except OSError as error:
        raise ConfigError(f"端口 {port} 无法使用：{error.strerror}") from None
