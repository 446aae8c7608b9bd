"""Turns our errors into one line on standard error and an exit status: 1 refused, 2 wrong usage or input."""

from __future__ import annotations

import sys

import click

from kernel.errors import AppError, ConfigError


def run(command: click.Command) -> None:
    """Run `command` with the process's arguments and exit."""
    try:
        status = command.main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)  # click hands an Exit's code back as the result
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConfigError as error:
        click.echo(f"shoushi: {error}", err=True)
        sys.exit(2)
    except AppError as error:
        click.echo(f"shoushi: {error.detail}", err=True)
        for field in error.errors:
            click.echo(f"  {field.field}: {field.message}", err=True)
        sys.exit(1)
    except Exception as error:
        if type(error).__module__ != "sqlalchemy.exc" or type(error).__name__ != "OperationalError":
            raise
        click.echo(f"shoushi: 无法使用数据库：{str(error).splitlines()[0]}", err=True)
        sys.exit(2)
