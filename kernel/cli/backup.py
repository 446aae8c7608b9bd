"""`shoushi backup` and `shoushi restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """把数据库与文件备份到 FILE（tar.gz）；平台可以照常运行。"""
    from kernel.backup.service import back_up
    from kernel.cli.context import open_platform
    from kernel.disclosure.edge import disclosed_file
    from kernel.identity.actor import Actor

    platform = open_platform(check=False)
    manifest = back_up(platform.db, platform.settings.data_dir, file, platform.clock.now())
    size = file.stat().st_size / 1e6
    rows = sum(manifest.rows.values())
    operator = Actor("system", "shoushi backup")
    disclosed_file(platform, operator, file, "backup", file.name, records=rows, form="tar.gz")
    click.echo(f"已备份到 {file}：{len(manifest.rows)} 张表，{rows} 行，{size:.1f} MB")


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="数据库不是空的也恢复（SQLite：旧文件改名保留）")
def restore(file: Path, force: bool) -> None:
    """从 FILE 恢复到空的数据库，并核对行数与审计链；平台须已停止。"""
    from kernel.backup.service import restore as bring_back
    from kernel.cli.context import open_platform
    from kernel.db.stamp import LABELS

    platform = open_platform(check=False)
    done = bring_back(platform.db, platform.settings.data_dir, file, platform.clock.now(), force=force)
    manifest = done.manifest
    if done.aside:
        click.echo(f"原数据库已改名为 {done.aside}")
    kind = LABELS.get(manifest.kind, manifest.kind)
    rows = sum(manifest.rows.values())
    counts = f"{len(manifest.rows)} 张表，{rows} 行，{done.files} 个文件"
    click.echo(f"已恢复 {manifest.created_at} 的{kind}数据：{counts}")
    for problem in done.problems[:20]:
        click.echo(f"  {problem.message}", err=True)
    click.echo("审计链完好" if not done.problems else f"审计链有 {len(done.problems)} 处问题")
    sys.exit(1 if done.problems else 0)
