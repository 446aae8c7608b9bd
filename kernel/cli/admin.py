"""`shoushi init` and `shoushi migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

import click

from kernel.errors import ConfigError

if TYPE_CHECKING:
    from alembic.script import Script

FIRST_LOGIN_HELP = "首个系统管理员和安全管理员的初始密码；不给则逐一询问"


@click.command()
@click.option("--password-file", type=click.File(), help=FIRST_LOGIN_HELP)
def init(password_file: TextIO | None) -> None:
    """建立或升级数据库；首次运行时创建三员账户。"""
    from kernel.cli.context import open_platform
    from kernel.db.migrate import upgrade
    from kernel.db.stamp import require_kind
    from kernel.identity.setup import add_administrators, has_people
    from kernel.manifest import resolve

    platform = open_platform(check=False)
    upgrade(platform.db)
    require_kind(platform.db, "live")
    if has_people(platform):
        click.echo("数据库已是最新。")
        return
    if password_file is not None:
        password = password_file.read().strip()
    else:
        password = click.prompt(
            "三员账户的初始密码（首次登录须更换）", hide_input=True, confirmation_prompt=True
        )
    names = add_administrators(platform, password)
    for manifest in platform.catalogue.manifests:
        if manifest.on_init:
            resolve(manifest.on_init)(platform)
    click.echo("已建立数据库并创建账户：" + "、".join(names))


@click.command()
@click.argument("revision", default="head")
def migrate(revision: str) -> None:
    """把数据库结构升级到 REVISION（默认最新）；给出更早的版本则回退。"""
    from kernel.cli.context import open_platform
    from kernel.db import migrate as migrations

    platform = open_platform(check=False)
    known = {script.revision: script for script in _history()}
    target = migrations.head() if revision == "head" else revision
    if target != "base" and target not in known:
        raise click.BadParameter(f"没有版本 {revision}", param_hint="REVISION")
    order = ["base", *known]
    found = migrations.current(platform.db) or "base"
    if found not in order:
        raise ConfigError(f"数据库版本 {found} 比本程序新，请使用相应版本的程序。")
    if order.index(str(target)) >= order.index(found):
        migrations.upgrade(platform.db, str(target))
    else:
        migrations.downgrade(platform.db, str(target))
    click.echo(f"数据库版本：{migrations.current(platform.db) or '空'}")


def _history() -> list[Script]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from kernel.db.migrate import FOLDER

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))
