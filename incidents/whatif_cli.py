"""`shoushi whatif`: judge the past by an amended contract file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sla.whatif import WhatIf

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=DAY, help="第一天；缺省为一年前")
@click.option("--to", "last", type=DAY, help="最后一天（含）；缺省为今天")
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围")
def whatif(file: Path, first: datetime | None, last: datetime | None, username: str) -> None:
    """按修改后的合同文件 FILE 试算过去的故障，列出结论不同的。"""
    from incidents.whatif import YEAR, stories
    from kernel.cli.context import open_platform
    from kernel.identity.actors import actor_of
    from sla import pinned
    from sla.amendments.service import read_draft
    from sla.report.edges import span
    from sla.whatif import compare

    platform = open_platform()
    draft = read_draft(pinned.in_force(platform), file.read_text("utf-8-sig"), str(file))
    now = platform.clock.now()
    begun = first.date() if first else (now.astimezone(platform.zone) - YEAR).date()
    start, end = span(platform, begun, last.date() if last else None)
    with platform.db.read() as session:
        actor = actor_of(session, now, platform.catalogue, username)
        actor.demand("terms.read")
        for line in lines_of(compare(stories(session, actor, start, end), draft, now)):
            click.echo(line)


def lines_of(found: WhatIf) -> Iterator[str]:
    """Yield the difference as lines for a terminal, in Chinese."""
    yield f"故障 {found.judged} 起，结论不同 {found.differing} 起"
    for name, side in (("现行", found.old), ("试算", found.new)):
        clocks = f"响应 {_clocks(side.response)}；修复 {_clocks(side.repair)}"
        yield f"{name}：{clocks}；通报应发 {side.slots}；违约 {side.cases} 件 {side.total:.2f} 元"
    yield f"违约金相差 {found.difference:+.2f} 元"
    for case in found.changed:
        yield f"{case.number}\t{case.old.penalty:.2f} → {case.new.penalty:.2f}\t{case.title}"


def _clocks(counts: Mapping[str, int]) -> str:
    from sla.audit.report import STATES

    return "、".join(f"{STATES.get(state, state)} {count}" for state, count in sorted(counts.items())) or "无"
