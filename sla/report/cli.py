"""`shoushi report`: the SLA report on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "start", type=DAY, help="第一天，合同所在时区；缺省为30天前")
@click.option("--to", "end", type=DAY, help="最后一天（含）；缺省为今天")
@click.option("--format", "form", type=click.Choice(["json", "xlsx"]), default="json", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="写入文件；xlsx 必须给出")
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围生成")
def report(
    start: datetime | None, end: datetime | None, form: str, output: Path | None, username: str
) -> None:
    """生成一段时间的服务水平报告。"""
    from kernel.cli.context import open_platform
    from kernel.identity.actors import actor_of
    from sla import pinned
    from sla.report.data import gather
    from sla.report.edges import span
    from sla.report.forms import as_dict, as_workbook

    if form == "xlsx" and output is None:
        raise click.UsageError("xlsx 需要 --output 指定文件")
    platform = open_platform()
    now = platform.clock.now()
    begin, until = span(platform, start.date() if start else None, end.date() if end else None)
    with platform.db.read() as session:
        actor = actor_of(session, now, platform.catalogue, username)
        actor.demand("report.read")
        found = gather(session, actor, pinned.in_force(platform), begin, until, now)
        text = json.dumps(as_dict(found), ensure_ascii=False, indent=2)
        content = as_workbook(found) if form == "xlsx" else f"{text}\n".encode()
    if output is None:
        click.echo(text)
    else:
        output.write_bytes(content)
