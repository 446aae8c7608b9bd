"""The demonstration: a cast, and a month played through the real engine (never inserted results)."""

from __future__ import annotations

import logging
from datetime import timedelta

import click

from incidents.demo import cast, machines, roster, script
from kernel.platform import Platform

log = logging.getLogger(__name__)


def prepare(platform: Platform, *, fresh: bool, scripted: bool) -> None:
    """Fill a new demonstration or rehearsal database, and say who can log in."""
    if fresh:
        cast.hire(platform, script.MONTH + timedelta(days=1) if scripted else timedelta())
        if scripted:
            from incidents.demo import dealings
            from incidents.demo.player import play_month

            click.echo("正在以真实引擎推演一个月的演示数据……", err=True)
            count = play_month(platform)
            dealings.record(platform)
            click.echo(f"演示数据就绪：{count} 起故障。", err=True)
        roster.publish(platform)
    for line in (*cast.logins(), *machines.lines(platform)):
        click.echo(line, err=True)
