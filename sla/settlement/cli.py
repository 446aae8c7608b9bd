"""`shoushi settlement` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("year", type=int)
@click.argument("half", type=int)
@click.option(
    "--format", "form", type=click.Choice(["json", "pdf", "xlsx"]), default="json", show_default=True
)
@click.option("--payer", help="只要一个付款方")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="写入文件；pdf、xlsx 必须")
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围生成")
def settlement(
    year: int, half: int, form: str, payer: str | None, output: Path | None, username: str
) -> None:
    """生成半年结算单。"""
    from kernel.cli.context import open_platform
    from kernel.disclosure.edge import enter
    from kernel.identity.actors import actor_of
    from sla import pinned
    from sla.settlement import files, service

    if form != "json" and output is None:
        raise click.UsageError(f"{form} 需要 --output 指定文件")
    platform = open_platform()
    now = platform.clock.now()
    with platform.db.read() as session:
        actor = actor_of(session, now, platform.catalogue, username)
        actor.demand("settlement.read")
        found = service.current(session, pinned.in_force(platform), now).position(year, half)
    body = files.seen(actor, found, payer)
    content = files.answer(body, found, form, now, platform.zone, platform.settings.font_dir).body
    enter(platform, actor, bytes(content), "settlement", f"{year}-{half}", form=form)
    if output is None:
        values = files.as_dict(body, found, platform.zone)
        click.echo(json.dumps(values, ensure_ascii=False, indent=2))
    else:
        output.write_bytes(bytes(content))
