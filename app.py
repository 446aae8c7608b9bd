"""The composition root: the map of the system.

Packages describe themselves in manifests; this module puts them together into the web application, the
worker and the command line. Who subscribes to whose events is visible in the manifests listed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kernel.manifest import Catalogue, resolve

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from kernel.settings import Settings

COMMANDS = {
    "serve": "kernel.cli.serve:serve",
    "web": "kernel.cli.serve:web",
    "worker": "kernel.cli.serve:worker",
    "init": "kernel.cli.admin:init",
    "migrate": "kernel.cli.admin:migrate",
    "backup": "kernel.cli.backup:backup",
    "restore": "kernel.cli.backup:restore",
    "handover": "kernel.handover.cli:handover",
    "user": "kernel.identity.cli:user",
    "token": "kernel.identity.cli:token",
    "watch": "sla.watching.cli:watch",
    "audit": "sla.cli:audit",
    "verify": "sla.cli:verify",
    "report": "sla.report.cli:report",
    "obligations": "sla.obligations.cli:obligations",
    "settlement": "sla.settlement.cli:settlement",
    "incident": "incidents.cli:incident",
    "explain": "incidents.cli:explain",
    "whatif": "incidents.whatif_cli:whatif",
    "export": "incidents.cli:export",
    "drill": "drills.cli:drill",
    "repair": "incidents.repairs.cli:repair",
}
"""Command → where it lives; nothing is imported before it is used, so `--help` answers at once."""

HELP = {
    "serve": "启动平台：网页与后台任务（--demo 演示，--rehearsal 加速演练）",
    "web": "只启动网页（PostgreSQL）",
    "worker": "只启动后台任务（PostgreSQL）",
    "init": "建立或升级数据库，创建首批管理员",
    "migrate": "升级或回退数据库结构",
    "backup": "备份数据库与文件（运行中亦可）",
    "restore": "从备份恢复并核对",
    "handover": "以开放格式移交全部数据",
    "user": "人员与账户",
    "token": "接口令牌",
    "watch": "在另一台机器上看守平台，停机即呼叫",
    "audit": "按合同评判一份事件日志，不需要数据库",
    "verify": "核对证据文件或审计链",
    "report": "服务水平报告",
    "obligations": "合同的履约日历",
    "settlement": "半年结算单",
    "incident": "报告与处置故障",
    "explain": "解释一个故障的评判",
    "whatif": "按修改后的合同试算过去的故障",
    "export": "导出事件",
    "drill": "应急演练：方案、运行、中止、报告",
    "repair": "修复剧本：在故障上申请、批准与查看",
}

MANIFESTS = (
    "incidents.intake:MANIFEST",  # first, because routes are tried in this order and alerts come in storms
    "dashboards:MANIFEST",
    "incidents:MANIFEST",
    "incidents.monitoring:MANIFEST",
    "incidents.repairs:MANIFEST",
    "incidents.oncall:MANIFEST",
    "drills:MANIFEST",
    "playbooks:MANIFEST",
    "oa.affairs.duty:MANIFEST",
    "oa:MANIFEST",
    "sla.amendments:MANIFEST",
    "sla.settlement:MANIFEST",
    "sla.obligations:MANIFEST",
    "sla:MANIFEST",
    "sla.penalties:MANIFEST",
    "sla.frozen:MANIFEST",
    "sla.exposure:MANIFEST",
    "sla.watching:MANIFEST",
    "kernel.outbox:MANIFEST",
    "kernel.jobs:MANIFEST",
    "kernel.disclosure:MANIFEST",
    "kernel.handover:MANIFEST",
    "kernel.identity:MANIFEST",
    "kernel.web:MANIFEST",
)


def catalogue() -> Catalogue:
    """Read the manifests of all packages."""
    return Catalogue(tuple(resolve(m) for m in MANIFESTS))


def zone(settings: Settings) -> ZoneInfo:
    """Return the zone of the contract in force; refuses to start on a broken contract file."""
    from sla.contract_file import load_contract

    return load_contract(settings.contract).zone


class Lazy(click.Group):
    """A group whose commands are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command."""
        target = COMMANDS.get(name)
        return resolve(target) if target else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, HELP[name]) for name in COMMANDS])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shoushi", prog_name="shoushi")
def cli() -> None:
    """守时 Shoushi：运维与服务水平保障平台。"""


def main() -> None:
    """Run the command line; refusals of our own become one line and exit status 1, configuration 2."""
    from kernel.cli.main import run

    run(cli)


if __name__ == "__main__":
    main()
