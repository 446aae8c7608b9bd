"""``shoushi audit`` and ``shoushi verify``: both work on files alone and import what they need late."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any

import click


class UnreadableError(click.ClickException):
    """Input that cannot be read; exits with 2 and the bare message on standard error."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message as it is."""
        click.echo(self.message, err=True, file=file)


@click.command()
@click.argument("file")
@click.option("--format", "form", type=click.Choice(["servicenow", "events"]), required=True, help="日志格式")
@click.option("--contract", "name", default="huaibei-2025", show_default=True, help="合同名称或 TOML 文件")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@click.option("--details", is_flag=True, help="逐起列出结论")
@click.option("--as-of", metavar="T", help="截至时间（ISO 8601；无时区时按合同所在时区）")
@click.option("--xlsx", metavar="PATH", help="另存为 XLSX")
def audit(
    file: str, form: str, name: str, as_json: bool, details: bool, as_of: str | None, xlsx: str | None
) -> None:
    """按合同审计故障日志 FILE；无论结论如何，读得通就以 0 退出。"""
    from sla.audit.interchange import read_interchange
    from sla.audit.judge import audit_log
    from sla.audit.reader import InputError
    from sla.audit.servicenow import read_servicenow
    from sla.contract_file import ContractError, load_contract

    read = read_servicenow if form == "servicenow" else read_interchange
    try:
        contract = load_contract(name)
        at = None if as_of is None else _as_of(as_of, contract.zone)
        log = read(file, contract, at, _progress if sys.stderr.isatty() else None)
        result = audit_log(contract, log, details=details or xlsx is not None)
    except (ContractError, InputError) as error:
        raise UnreadableError(_printable(str(error))) from None
    if xlsx is not None:
        _save(xlsx, result)
    if not details:
        result.details = None
    if as_json:
        import json

        click.echo(json.dumps(result.as_dict(), ensure_ascii=False))
    else:
        from sla.audit.report import screen

        click.echo(screen(result))


@click.command()
@click.argument("file", required=False)
@click.option("--chain", is_flag=True, help="核对本平台数据库中的整条审计链及其证明的记录")
def verify(file: str | None, chain: bool) -> None:
    """不用数据库，复算平台出具的文件 FILE（证据、日封等）；或以 --chain 核对审计链。不符以 1 退出。"""
    if chain == (file is not None):
        raise click.UsageError("请给出证据文件，或用 --chain 核对审计链")
    if file is None:
        _verify_chain()
    else:
        _verify_file(file)


def _verify_chain() -> None:
    from kernel.audit.attest import all_problems
    from kernel.cli.context import open_platform

    found = False
    for problem in all_problems(open_platform()):
        found = True
        click.echo(problem, err=True)
    if found:
        raise click.exceptions.Exit(1)
    click.echo("审计链及其证明的全部记录核对无误")


def _verify_file(file: str) -> None:
    from kernel.cli.context import the_catalogue
    from sla.audit.reader import InputError
    from sla.verification import examine_file

    try:
        finding = examine_file(the_catalogue(), Path(file))
    except InputError as error:
        raise UnreadableError(_printable(str(error))) from None
    for problem in finding.problems:
        click.echo(_printable(f"{file}：{problem}"), err=True)
    if finding.problems or finding.form is None:
        raise click.exceptions.Exit(1)
    closing = f"，SM3 {finding.digest}" if finding.digest else ""
    click.echo(_printable(f"{file}：{finding.form.label}，复算一致{closing}"))


def _as_of(text: str, zone: tzinfo) -> datetime:
    from sla.events import EventError, parse_time

    try:
        at = datetime.fromisoformat(text)
        return parse_time(at if at.tzinfo else at.replace(tzinfo=zone), "as_of").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        reason = error.message if isinstance(error, EventError) else "不是 ISO 8601 时间"
        raise click.BadParameter(f"{text!r}：{reason}", param_hint="--as-of") from None


def _save(path: str, result: Any) -> None:
    from sla.audit.xlsx import save_xlsx

    try:
        save_xlsx(path, result)
    except OSError as error:
        raise UnreadableError(_printable(f"{path}: 无法写入（{error.strerror}）")) from None


def _progress(lines: int) -> None:
    click.echo(f"\r已读 {lines} 行", nl=False, err=True)


def _printable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which a file name may smuggle in."""
    return text.encode("utf-8", "replace").decode()


@click.group()
def _main() -> None:
    """守时：审计与证据复算。"""


_main.add_command(audit)
_main.add_command(verify)

if __name__ == "__main__":
    _main()
