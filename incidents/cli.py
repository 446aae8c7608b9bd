"""`shoushi incident`, `shoushi explain`, `shoushi export`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kernel.identity.actor import Actor
    from kernel.platform import Platform


def _open(username: str) -> tuple[Platform, Actor]:
    from kernel.cli.context import open_platform
    from kernel.identity.actors import actor_of

    platform = open_platform()
    with platform.db.read() as session:
        return platform, actor_of(session, platform.clock.now(), platform.catalogue, username)


USER = click.option("--user", "username", required=True, help="以谁的名义")


@click.group()
def incident() -> None:
    """报告与处置故障。"""


@incident.command("report")
@USER
@click.option("--title", required=True)
@click.option(
    "--class", "fault_class", required=True, help="system_general、system_major、line_general、hardware"
)
@click.option("--module", "modules", multiple=True)
@click.option("--payer", "payers", multiple=True)
@click.option("--reporter", default=None, help="报告人与电话")
@click.option("--reported-at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]), default=None)
def report(username: str, reported_at: datetime | None, **told: Any) -> None:
    """登记一起故障，打印编号和应响应时间。"""
    from incidents import reporting

    platform, actor = _open(username)

    actor.demand("incident.report")
    with platform.db.write(actor.username) as session:
        told_report = reporting.Report(reported_at=reported_at, **told)
        found = reporting.report(platform, session, platform.clock.now(), actor, told_report)
        number = found.number
    click.echo(number)


@incident.command("event")
@USER
@click.argument("number")
@click.argument("kind")
@click.option("--text", default=None)
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]), default=None)
@click.option("--field", "fields", multiple=True, help="更多字段：名=值；列表用逗号分隔")
def event(
    username: str, number: str, kind: str, text: str | None, at: datetime | None, fields: tuple[str, ...]
) -> None:
    """登记一个事件，例如 responded、restored。"""
    from incidents import queries, service

    platform, actor = _open(username)
    data: dict[str, Any] = {"text": text}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise click.BadParameter(f"“{field}”应为 名=值", param_hint="--field")
        data[name] = value.split(",") if name in ("modules", "payers") else value
    with platform.db.write(actor.username) as session:
        queries.find_visible(session, actor, number)
        service.happen(platform, session, platform.clock.now(), actor, number, kind, data, at=at)
        state = queries.find_visible(session, actor, number).state
    click.echo(f"{number} {state}")


@incident.command("list")
@USER
@click.option("--all", "everything", is_flag=True, help="包括已关闭的")
def listing(username: str, everything: bool) -> None:
    """列出故障，新的在前。"""
    from incidents import queries
    from incidents.rules import STATE_LABELS

    platform, actor = _open(username)
    wanted = queries.Filter(open=None if everything else True)
    with platform.db.read() as session:
        for row in queries.listing(session, actor, wanted, limit=queries.MOST)[0]:
            started = row.started_at.astimezone(platform.zone)
            click.echo(f"{row.number}\t{started:%Y-%m-%d %H:%M}\t{STATE_LABELS[row.state]}\t{row.title}")


@click.command()
@click.argument("number", metavar="INCIDENT")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围")
def explain(number: str, lang: str, username: str) -> None:
    """用文字解释一起故障的评判：时段、条款、算式。"""
    from incidents import queries
    from sla.explain import explain as lines_of

    platform, actor = _open(username)
    with platform.db.read() as session:
        found = queries.detail(session, actor, number, platform.clock.now())
        language: Any = lang
        for line in lines_of(found.verdict, language):
            click.echo(line)


@click.group()
def export() -> None:
    """导出数据。"""


@export.command("incidents")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="写入文件；缺省为标准输出")
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围")
@click.option("--purpose", default="未说明（命令行导出）", help="提供给谁、作何用途，记入数据提供登记")
def export_incidents(output: Path | None, username: str, purpose: str) -> None:
    """把全部故障事件导出为 JSON Lines，可由 shoushi audit --format events 评判。"""
    import shutil
    import tempfile

    from incidents.interchange import write_all
    from kernel.disclosure.edge import disclosed_file

    platform, actor = _open(username)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incidents.jsonl"
        with platform.db.read() as session, path.open("wb") as draft:
            lines = write_all(session, actor, draft)
        kind = "incidents"
        disclosed_file(platform, actor, path, kind, "*", records=lines, purpose=purpose, form="jsonl")
        with path.open("rb") as draft, click.open_file(str(output or "-"), "wb") as out:
            shutil.copyfileobj(draft, out)
