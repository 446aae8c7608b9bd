"""`shoushi handover`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--user", "username", required=True, help="以哪位甲方监督员的名义")
@click.option("--purpose", required=True, help="移交给谁、作何用途，记入数据提供登记")
def handover(target: Path, username: str, purpose: str) -> None:
    """把全部数据以开放格式移交到新的文件夹或 FILE.zip；用 shoushi verify 核对。"""
    from kernel.cli.context import open_platform
    from kernel.handover.service import hand_over
    from kernel.identity.actors import actor_of

    platform = open_platform()
    now = platform.clock.now()
    with platform.db.read() as session:
        actor = actor_of(session, now, platform.catalogue, username)
    manifest = hand_over(platform, now, actor, target, purpose)
    size = sum(file["size"] for file in manifest["files"]) / 1e6
    click.echo(f"已移交到 {target}：{len(manifest['files'])} 个文件，{size:.1f} MB")
