"""`shoushi obligations` on the command line."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--state", help="只列某一状态：upcoming、due、met、late、missed、waived、unknown")
@click.option("--user", "username", default="auditor", show_default=True, help="以谁的查看范围列出")
def obligations(state: str | None, username: str) -> None:
    """列出合同的履约日历（JSON）。"""
    from kernel.cli.context import open_platform
    from kernel.identity.actors import actor_of
    from sla import pinned
    from sla.obligations import queries, schemas

    platform = open_platform()
    contract, now = pinned.in_force(platform), platform.clock.now()
    with platform.db.read() as session:
        actor = actor_of(session, now, platform.catalogue, username)
        actor.demand(queries.READ)
        found = queries.calendar(session, actor, contract, now, queries.Filter(state))
    click.echo(json.dumps([schemas.as_dict(contract, each) for each in found], ensure_ascii=False, indent=2))
