"""`shoushi drill`: list, check, plan, run with live progress, abort, report."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from drills.models import DrillEntry
    from kernel.identity.actor import Actor
    from kernel.platform import Platform
    from kernel.web.worded import Worded

USER = click.option("--user", "username", required=True, help="以谁的名义")
POLL = 0.3
LONELY = 12_000
"""Looks at a drill that somebody else conducts, an hour's worth, before we stop watching."""


def _open(username: str, permission: str) -> tuple[Platform, Actor]:
    from kernel.cli.context import open_platform
    from kernel.identity.actors import actor_of
    from kernel.web.i18n import DEFAULT, use_language

    platform = open_platform()
    with platform.db.read() as session:
        actor = actor_of(session, platform.clock.now(), platform.catalogue, username)
    use_language(actor.language or DEFAULT)
    actor.demand(permission)
    return platform, actor


@click.group()
def drill() -> None:
    """应急演练：方案、运行、中止、报告。"""


@drill.command("list")
@USER
@click.option("--year", type=click.IntRange(2000, 2100), default=None)
def listing(username: str, year: int | None) -> None:
    """列出演练，新的在前。"""
    from drills import queries
    from drills.rules import OUTCOME_LABELS, state_label
    from kernel.web.i18n import gettext as _

    platform, _actor = _open(username, "drill.read")
    with platform.db.read() as session:
        found, _next = queries.listing(session, platform.zone, queries.Filter(year=year), limit=500)
    for row in found:
        begins = row.begins_at.astimezone(platform.zone)
        state = _(state_label(row.state, row.outcome))
        outcome = _(OUTCOME_LABELS.get(row.outcome, ""))
        click.echo(f"{row.number}\t{begins:%Y-%m-%d %H:%M}\t{state}\t{outcome}\t{row.title}")


@drill.command("scenarios")
def scenarios() -> None:
    """列出目录中的场景和本机还缺什么；不需要数据库。"""
    from drills.guard import lacking
    from playbooks import catalogue

    for key, entry in catalogue.scenarios().items():
        missing = lacking(entry.what)
        state = f"本机缺少 {'、'.join(missing)}" if missing else "本机可用"
        click.echo(f"{key}\t{entry.what.fault_class}\t{entry.what.title.zh}\t{state}")


@drill.command("check")
@click.argument("target", metavar="NUMBER|FILE")
@click.option("--user", "username", default=None, help="核对库中的演练时，以谁的名义")
def check(target: str, username: str | None) -> None:
    """核对一份方案文件，或核对库中的演练此刻能否开始；不能则说明理由并以 1 退出。"""
    from kernel.web.i18n import gettext as _

    problems = _problems_of_file(Path(target)) if Path(target).is_file() else _problems_of(target, username)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo(_("没有发现问题。"))


def _problems_of_file(path: Path) -> list[str]:
    from drills import guard, service
    from kernel.cli.context import open_platform
    from playbooks.runner import syntax_problems

    platform = open_platform()
    found = service.resolve(platform, path.read_text(encoding="utf-8"))
    problems = [*guard.of_plan(found), *guard.of_window(found, platform.clock.now())]
    books = [found.entry.playbook(name) for name in found.scenario.playbooks()]
    return problems + (syntax_problems(books, found.inventory_source) if found.scenario.live else [])


def _problems_of(number: str, username: str | None) -> list[str]:
    from drills import guard, log, service

    if username is None:
        raise click.UsageError("请用 --user 说明以谁的名义核对。")
    platform, _actor = _open(username, "drill.read")
    with platform.db.read() as session:
        found = service.find(session, number)
        resolved, life = service.resolve(platform, found.plan), log.life_of(session, found)
        return list(guard.refusals(session, platform.clock.now(), resolved, life))


@drill.command("plan")
@USER
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--submit", is_flag=True, help="同时提交甲方批准")
def plan(username: str, file: Path, submit: bool) -> None:
    """把一份 YAML 方案存为草稿，打印演练编号。"""
    from drills import service

    platform, actor = _open(username, "drill.plan")
    with platform.db.write(actor.username) as session:
        now = platform.clock.now()
        number = service.draft(platform, session, now, actor, file.read_text(encoding="utf-8")).number
        if submit:
            service.submit(platform, session, now, actor, number)
    click.echo(number)


@drill.command("again")
@USER
@click.argument("number")
@click.option(
    "--begins",
    type=click.DateTime(["%Y-%m-%dT%H:%M"]),
    default=None,
    help="开始时间；不填即移到合同要求的下一次",
)
@click.option("--submit", is_flag=True, help="同时提交甲方批准")
def again(username: str, number: str, begins: datetime | None, submit: bool) -> None:
    """把一次已结束演练的方案存为新的草稿，打印新的编号。"""
    from drills import again as once_more
    from drills import plan, service

    platform, actor = _open(username, "drill.plan")
    with platform.db.write(actor.username) as session:
        now = platform.clock.now()
        found = once_more.of(platform, session, now, number)
        window = once_more.starting(found, begins, platform.zone) if begins else found.window
        if window is None:
            raise click.UsageError("合同没有再要求演练：请用 --begins 说明开始时间。")
        text = plan.write(found.plan.model_copy(update={"window": window}))
        made = service.draft(platform, session, now, actor, text).number
        if submit:
            service.submit(platform, session, now, actor, made)
    click.echo(made)


@drill.command("run")
@USER
@click.argument("number")
@click.option("--hold", is_flag=True, help="只布置到就绪，等人下令开始")
def run(username: str, number: str, hold: bool) -> None:
    """布置并运行一次已批准的演练，逐条打印经过；Ctrl-C 即中止并回退。

    达标以 0 退出；未达标、中止、中断以 1 退出；未能恢复原状以 4 退出。
    """
    from drills import service
    from drills.conductor.conduct import conduct

    platform, actor = _open(username, "drill.run")
    with platform.db.write(actor.username) as session:
        now = platform.clock.now()
        service.request_arming(platform, session, now, actor, number)
        if not hold:
            service.request_start(session, now, actor, number)
    thread = threading.Thread(target=conduct, args=(platform, number), daemon=True)
    thread.start()
    _follow(platform, actor, number, thread)
    raise SystemExit(_status(platform, number))


def _follow(platform: Platform, actor: Actor, number: str, thread: threading.Thread) -> None:
    """Print what happens until nobody conducts it any more; an interrupt asks it to go back.

    A worker that runs beside us may have been the first to take the drill: then we only watch.
    """
    from kernel.web.i18n import gettext as _
    from kernel.web.worded import worded

    printed = lonely = 0
    asked = False
    while lonely < LONELY:
        try:
            printed = _print_new(platform, number, printed)
            if not thread.is_alive():
                if _over(platform, number):
                    return
                lonely += 1
            time.sleep(POLL)
        except KeyboardInterrupt:
            if not asked:
                asked = True
                click.echo(_("正在中止并回退……"), err=True)
                _abort(platform, actor, number, worded("命令行中断"))


def _over(platform: Platform, number: str) -> bool:
    from drills import rules, service

    with platform.db.read() as session:
        return service.find(session, number).state not in rules.UNDER_WAY


def _print_new(platform: Platform, number: str, after: int) -> int:
    from drills import log, service

    with platform.db.read() as session:
        rows = log.entries(session, service.find(session, number).id, after)
    for row in rows:
        click.echo(_line(platform, row))
    return rows[-1].seq if rows else after


def _line(platform: Platform, row: DrillEntry) -> str:
    from drills import log, rules
    from kernel.web.i18n import gettext as _

    data: dict[str, Any] = row.data
    what = _(rules.MOVES[row.kind].label)
    if row.kind == "probe":
        name = data["name"]
        what = _("探测 %(name)s 正常", name=name) if data["ok"] else _("探测 %(name)s 不正常", name=name)
    elif data.get("id"):
        what = f"{what} {data['id']}"
    at = row.at.astimezone(platform.zone)
    return f"{at:%H:%M:%S}  {what}  {log.text(row) or ''}".rstrip()


def _status(platform: Platform, number: str) -> int:
    from drills import rules, service
    from kernel.web.i18n import gettext as _

    with platform.db.read() as session:
        found = service.find(session, number)
    if found.result:
        for each in found.result["criteria"]:
            mark = _("达到") if each["met"] else _("未达到")
            wanted, measured = f"{_('要求')} {each['wanted']}", f"{_('实测')} {each['found']}"
            click.echo(f"{mark}\t{each['key']}\t{wanted}\t{measured}")
    if found.state == rules.ROLLBACK_FAILED:
        address = f"{platform.settings.base_url}/drills/{number}"
        click.echo(_("未能恢复原状，须人工处理：%(address)s", address=address), err=True)
        return 4
    return 0 if found.outcome == rules.COMPLETED else 1


@drill.command("abort")
@USER
@click.argument("number")
@click.option("--text", required=True, help="理由")
def abort(username: str, number: str, text: str) -> None:
    """中止正在进行的演练；已注入的故障随即撤销。"""
    from kernel.web.i18n import gettext as _

    platform, actor = _open(username, "drill.abort")
    _abort(platform, actor, number, text)
    click.echo(_("%(number)s 已下令中止", number=number))


def _abort(platform: Platform, actor: Actor, number: str, text: Worded | str) -> None:
    from drills import service

    with platform.db.write(actor.username) as session:
        service.request_abort(session, platform.clock.now(), actor, number, text)


@drill.command("report")
@USER
@click.argument("number")
@click.option("--format", "form", type=click.Choice(["pdf", "json"]), default="pdf", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def report(username: str, number: str, form: str, output: Path) -> None:
    """写出演练报告（PDF），或 shoushi verify 可核对的记录（JSON）。"""
    from drills import document, queries, views
    from kernel.disclosure.edge import disclosed_file
    from kernel.pdf import render_pdf
    from kernel.web.moment import Moment, use_moment
    from sla import pinned

    platform, actor = _open(username, "drill.read")
    with platform.db.read() as session:
        found = queries.detail(platform, session, number, platform.clock.now())
    if form == "pdf":
        use_moment(Moment(found.now, platform.zone))
        made = document.as_document(found, pinned.in_force(platform))
        output.write_bytes(render_pdf(made, platform.settings.font_dir))
    else:
        output.write_text(json.dumps(views.evidence(found), ensure_ascii=False), encoding="utf-8")
    disclosed_file(platform, actor, output, "drill", number, records=len(found.entries), form=form)
    click.echo(str(output))
