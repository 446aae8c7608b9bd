"""`shoushi watch URL`: a watchdog for a second machine."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from kernel.settings import Settings
    from sla.watching.pages import Pager
    from sla.watching.rules import Limits, State

log = logging.getLogger(__name__)


@click.command()
@click.argument("url")
@click.option(
    "--interval", type=click.FloatRange(0.2, 3600), default=15.0, show_default=True, help="每隔几秒查看"
)
@click.option(
    "--failures", type=click.IntRange(1, 100), default=3, show_default=True, help="连续几次不正常才呼叫"
)
@click.option(
    "--remind", type=click.IntRange(1, 1440), default=15, show_default=True, help="未恢复时每几分钟再呼叫"
)
@click.option("--mail", multiple=True, help="呼叫的邮箱，可重复；邮件服务器用 SHOUSHI_SMTP_* 设置")
@click.option("--webhook", multiple=True, help="呼叫的网址，可重复；设 SHOUSHI_WEBHOOK_SECRET 则带签名")
@click.option("--token-file", type=click.File(), help="外部看守账户的令牌，用来登记未观测时间")
@click.option("--ca-file", type=click.Path(exists=True, dir_okay=False), help="信任这个 CA 签发的平台证书")
@click.option(
    "--state",
    "memory",
    type=click.Path(dir_okay=False, path_type=Path),
    default="shoushi-watch.json",
    show_default=True,
    help="记住停机时段的小文件",
)
@click.option("--test", is_flag=True, help="只发一次测试呼叫，不看守")
def watch(url: str, mail: Sequence[str], webhook: Sequence[str], **more: Any) -> None:
    """在另一台机器上看守平台：停机即呼叫，恢复后把停机时段交平台登记。"""
    from kernel.cli.context import the_zone
    from kernel.settings import load_settings
    from sla.watching.pages import Pager

    settings = load_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    address = _checked(url, mail, webhook, settings)
    pager = Pager(settings, the_zone(settings), address, mail, webhook)
    if more.pop("test"):
        _test(pager, len(mail) + len(webhook))
    else:
        _watch(address, pager, **more)


def _test(pager: Pager, wanted: int) -> None:
    from kernel.clock import SYSTEM
    from sla.watching.rules import State

    pager.call("test", State(), SYSTEM.now())
    if pager.send() < wanted:
        raise click.ClickException("有呼叫没有送出，原因见上")
    click.echo("测试呼叫已全部送出。")


def _watch(
    url: str,
    pager: Pager,
    *,
    interval: float,
    failures: int,
    remind: int,
    token_file: TextIO | None,
    ca_file: str | None,
    memory: Path,
) -> None:
    from sla.watching.rules import Limits

    limits = Limits(timedelta(seconds=interval), failures, timedelta(minutes=remind))
    token = token_file.read().strip() if token_file else ""
    if not token:
        click.echo("没有 --token-file：停机时段只记在本机，不交平台登记。", err=True)
    _Watch(url, limits, pager, token, ca_file, memory).run()


def _checked(url: str, mail: Sequence[str], webhook: Sequence[str], settings: Settings) -> str:
    """Return the address; a configuration that could page nobody is refused before it is needed."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter(
            "应以 http:// 或 https:// 开头，例如 https://shoushi.example.gov.cn", param_hint="URL"
        )
    if not mail and not webhook:
        raise click.UsageError("没有人可以呼叫：请给出 --mail 或 --webhook")
    if mail and settings.smtp_host is None:
        raise click.UsageError("--mail 需要邮件服务器：请设置 SHOUSHI_SMTP_HOST（以及端口、账户）")
    for hook in webhook:
        if not hook.startswith(("http://", "https://")):
            raise click.BadParameter(f"“{hook}”不是网址", param_hint="--webhook")
    return url.rstrip("/")


class _Watch:
    """Looks until it is told to stop."""

    def __init__(
        self, url: str, limits: Limits, pager: Pager, token: str, ca_file: str | None, memory: Path
    ) -> None:
        from sla.watching.memory import load, save
        from sla.watching.rules import resumed

        self.url, self.limits, self.pager, self.token, self.ca_file = url, limits, pager, token, ca_file
        self.memory = memory
        self.patience = max(1.0, min(10.0, limits.interval.total_seconds()))
        self.state: State = resumed(load(memory), limits)
        save(memory, self.state)
        self._stop = threading.Event()

    def run(self) -> None:
        """Look in the rhythm, page, hand over; only a state that cannot be kept ends it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        click.echo(f"看守 {self.url}，每 {self.limits.interval.total_seconds():g} 秒一次。", err=True)
        while not self._stop.is_set():
            self.once()
            self._stop.wait(self.limits.interval.total_seconds())

    def once(self) -> None:
        """Look once."""
        from sla.watching import platform, rules
        from sla.watching.memory import save

        seen = platform.ask(self.url, self.patience, self.ca_file)
        self.state = rules.look(self.state, seen, self.limits)
        save(self.memory, self.state)
        for kind in self.state.news:
            log.warning("%s: %s %s", self.url, kind, seen.detail)
            self.pager.call(kind, self.state, seen.at)
        self.pager.send()
        if seen.why == rules.WELL and self.token:
            self._hand_over()

    def _hand_over(self) -> None:
        from sla.watching import platform
        from sla.watching.memory import save

        for gap in self.state.owed:
            if not platform.hand_over(self.url, self.token, gap, self.patience, self.ca_file):
                break
            self.state = replace(self.state, owed=self.state.owed[1:])
            save(self.memory, self.state)
