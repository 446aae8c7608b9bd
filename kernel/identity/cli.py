"""`shoushi user` and `shoushi token`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TextIO

import click


@click.group()
def user() -> None:
    """人员与账户。"""


@user.command("create")
@click.argument("username")
@click.option("--name", "display_name", default="", help="姓名")
@click.option("--unit", "unit_key", required=True, help="单位代码；不存在则创建")
@click.option("--unit-name", default="", help="新单位的名称")
@click.option("--scope", default=None, help="新单位只能看到的付款方，例如 suixi；缺省为全部")
@click.option("--role", "roles", multiple=True, required=True, help="岗位角色，可重复")
@click.option("--email", default=None)
@click.option("--password-file", type=click.File(), help="初始密码；不给则询问")
def create_user(
    username: str,
    display_name: str,
    unit_key: str,
    unit_name: str,
    scope: str | None,
    roles: tuple[str, ...],
    email: str | None,
    password_file: TextIO | None,
) -> None:
    """创建人员并授予岗位。"""
    from kernel.cli.context import open_platform
    from kernel.identity.setup import add_member

    platform = open_platform()
    unknown = [r for r in roles if r not in platform.catalogue.roles]
    if unknown:
        known = "、".join(platform.catalogue.roles)
        raise click.BadParameter(f"没有角色 {unknown[0]}；可用：{known}", param_hint="--role")
    if password_file is not None:
        password = password_file.read().strip()
    else:
        password = click.prompt("初始密码（首次登录须更换）", hide_input=True, confirmation_prompt=True)
    add_member(
        platform,
        username,
        display_name,
        password,
        unit_key=unit_key,
        unit_name=unit_name,
        scope=scope,
        roles=roles,
        email=email,
    )
    click.echo(f"已创建 {username}")


@user.command("list")
def list_users() -> None:
    """列出人员。"""
    from sqlalchemy import select

    from kernel.cli.context import open_platform
    from kernel.identity.models import Person

    with open_platform().db.read() as session:
        for person in session.scalars(select(Person).order_by(Person.username)):
            click.echo(
                f"{person.username}\t{person.display_name}\t{'停用' if person.disabled_at else '正常'}"
            )


@click.group()
def token() -> None:
    """接口令牌。"""


@token.command("create")
@click.option("--user", "username", required=True, help="令牌代表的用户")
@click.option("--name", "label", default="cli", show_default=True, help="用途")
@click.option("--expires", default="90d", show_default=True, help="有效期：30d、12h；never 为不过期")
@click.option("--role", default=None, help="只带这一个角色（机器令牌）")
def create_token(username: str, label: str, expires: str, role: str | None) -> None:
    """生成令牌并只显示这一次。"""
    from kernel.cli.context import open_platform
    from kernel.identity.service import create_token as make

    platform = open_platform()
    lifetime = _duration(expires)
    with platform.db.write("cli") as session:
        value = make(session, platform.clock.now(), username, label, expires=lifetime, role=role)
    click.echo(value)


def _duration(text: str) -> timedelta | None:
    if text == "never":
        return None
    found = re.fullmatch(r"(\d{1,4})([dh])", text)
    if not found:
        raise click.BadParameter("应为 30d、12h 或 never", param_hint="--expires")
    number = int(found[1])
    return timedelta(days=number) if found[2] == "d" else timedelta(hours=number)
