"""`shoushi repair`: what fits an incident, ask, decide, stop, watch."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kernel.identity.actor import Actor
    from kernel.platform import Platform

USER = click.option("--user", "username", required=True, help="以谁的名义")
POLL = 0.5
LONGEST = 7200
"""Looks at a run, an hour's worth, before we stop watching."""


@click.group()
def repair() -> None:
    """修复剧本：在故障上申请、批准、停止与查看。"""


def _open(username: str) -> tuple[Platform, Actor]:
    from kernel.cli.context import open_platform
    from kernel.identity.actors import actor_of

    platform = open_platform()
    with platform.db.read() as session:
        return platform, actor_of(session, platform.clock.now(), platform.catalogue, username)


@repair.command("list")
@USER
@click.argument("incident")
def listing(username: str, incident: str) -> None:
    """列出适用于一个故障的处置对象，和已有的执行记录。"""
    from incidents.queries import find_visible
    from incidents.repairs import queries, targets
    from incidents.repairs.rules import STATE_LABELS

    platform, actor = _open(username)
    actor.demand("repair.read")
    with platform.db.read() as session:
        found = find_visible(session, actor, incident)
        for offer in targets.offers(session, found):
            state = offer.problem or "可申请"
            click.echo(f"{offer.target.id}\t{offer.target.name}\t{offer.target.repair}\t{state}")
        for run in queries.of_incident(session, found.id):
            click.echo(f"{run.number}\t{run.target}\t{STATE_LABELS[run.state]}\t{run.asked_name}")


@repair.command("ask")
@USER
@click.argument("incident")
@click.argument("target", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="申请理由")
def ask(username: str, incident: str, target: int, reason: str) -> None:
    """申请在一个故障上执行，打印执行编号；须由另一人批准。"""
    from incidents.repairs import service

    platform, actor = _open(username)
    with platform.db.write(actor.username) as session:
        now = platform.clock.now()
        number = service.ask(platform, session, now, actor, incident, target, reason).number
    click.echo(number)


@repair.command("approve")
@USER
@click.argument("number")
@click.option("--text", default="", help="意见")
def approve(username: str, number: str, text: str) -> None:
    """批准；平台的工作进程随即执行。"""
    _deed(username, "approve", number, text)


@repair.command("refuse")
@USER
@click.argument("number")
@click.option("--text", required=True, help="理由")
def refuse(username: str, number: str, text: str) -> None:
    """不批准。"""
    _deed(username, "refuse", number, text)


def _deed(username: str, name: str, number: str, text: str) -> None:
    from incidents.repairs import rules, service

    platform, actor = _open(username)
    with platform.db.write(actor.username) as session:
        deed = {"approve": service.approve, "refuse": service.refuse}[name]
        run = deed(platform, session, platform.clock.now(), actor, number, text)
        click.echo(f"{run.number}\t{rules.STATE_LABELS[run.state]}")


@repair.command("stop")
@USER
@click.argument("number")
def stop(username: str, number: str) -> None:
    """停止；已完成的任务不会撤销。"""
    from incidents.repairs import service

    platform, actor = _open(username)
    with platform.db.write(actor.username) as session:
        service.stop(session, platform.clock.now(), actor, number)
    click.echo(number)


@repair.command("show")
@USER
@click.argument("number")
@click.option("--follow", is_flag=True, help="等到结束；未成功则以 1 退出")
@click.option("--json", "as_json", is_flag=True, help="打印 JSON")
def show(username: str, number: str, follow: bool, as_json: bool) -> None:
    """显示一次执行：状态、任务和结果。"""
    from incidents.repairs import queries, rules, views

    platform, actor = _open(username)
    actor.demand("repair.read")
    for _look in range(LONGEST if follow else 1):
        with platform.db.read() as session:
            found = views.whole(queries.detail(session, actor, number))
        if not follow or found["state"] not in rules.OPEN:
            break
        time.sleep(POLL)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str))
    else:
        click.echo(f"{number}\t{rules.STATE_LABELS[found['state']]}\t{found['target']}")
        for task in (found["result"] or {}).get("tasks", ()):
            click.echo(f"  {task['host']}\t{task['task']}\t{task['kind']}\t{task['seconds']:.1f}s")
    raise SystemExit(1 if follow and found["state"] != rules.SUCCEEDED else 0)
