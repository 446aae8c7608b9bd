"""`shoushi report`: the SLA report on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kernel.platform import Platform
    from sla.contract import Contract
    from sla.report.figures import Figures

DAY = click.DateTime(["%Y-%m-%d"])
FORMS = ("json", "html", "pdf", "xlsx")


@click.command()
@click.option("--from", "start", type=DAY, help="第一天，合同所在时区；缺省为30天前")
@click.option("--to", "end", type=DAY, help="最后一天（含）；缺省为今天")
@click.option("--format", "form", type=click.Choice(FORMS), default="json", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="写入文件；pdf 与 xlsx 必须给出"
)
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围生成")
def report(
    start: datetime | None, end: datetime | None, form: str, output: Path | None, username: str
) -> None:
    """生成一段时间的服务水平报告。"""
    from kernel.cli.context import open_platform
    from kernel.disclosure.edge import enter
    from kernel.identity.actors import actor_of
    from sla.report.edges import figures_for

    if form in ("pdf", "xlsx") and output is None:
        raise click.UsageError(f"{form} 需要 --output 指定文件")
    platform = open_platform()
    with platform.db.read() as session:
        actor = actor_of(session, platform.clock.now(), platform.catalogue, username)
        actor.demand("report.read")
        found = figures_for(
            platform, session, actor, start.date() if start else None, end.date() if end else None
        )
    content = _written(platform, *found, form)
    days = f"{found[0]['from'][:10]}/{found[0]['to'][:10]}"
    enter(platform, actor, content, "report", days, records=found[0]["incidents"], form=form)
    if output is None:
        click.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)


def _written(platform: Platform, figures: Figures, contract: Contract, form: str) -> bytes:
    from kernel.pdf import render_pdf
    from sla.report.html import standalone
    from sla.report.paper import document_of
    from sla.report.workbook import workbook_of

    if form == "pdf":
        return render_pdf(document_of(figures, contract), platform.settings.font_dir)
    if form == "xlsx":
        return workbook_of(figures, contract)
    if form == "html":
        return standalone(platform, figures, contract).encode()
    return f"{json.dumps(figures, ensure_ascii=False, indent=2)}\n".encode()
