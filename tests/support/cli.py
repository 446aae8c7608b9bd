"""Run the command line as its own process would, but in this one."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kernel import bootstrap
from kernel.platform import Platform


class Ran(NamedTuple):
    status: int
    out: str
    err: str


Shoushi = Callable[..., Ran]


def runner(environ: dict[str, str], patch: pytest.MonkeyPatch) -> Shoushi:
    """Return a function that runs `shoushi …` with these settings."""
    for name, value in environ.items():
        patch.setenv(name, value)

    opened: list[Platform] = []

    def build(*args: Any, **more: Any) -> Platform:
        opened.append(bootstrap.build_platform(*args, **more))
        return opened[-1]

    patch.setattr("kernel.cli.context.build_platform", build)

    def run(*arguments: str | Path) -> Ran:
        import app

        patch.setattr(sys, "argv", ["shoushi", *map(str, arguments)])
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                app.main()
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        while opened:  # a process of its own would end here
            opened.pop().db.close()
        return Ran(status, out.getvalue(), err.getvalue())

    return run
