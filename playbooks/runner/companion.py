"""Starts a process beside the worker that outlives it: a playbook must not die with whoever began it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kernel.cores import on_all
from kernel.settings import Settings


def start(settings: Settings, module: str, number: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start `python -m module number` in a session of its own; what it prints goes to `folder`/`<last>.log`.

    It works on the same database and folder, also where `serve` chose them itself.
    """
    chosen = {
        "SHOUSHI_DATA_DIR": str(settings.data_dir),
        "SHOUSHI_DATABASE_URL": settings.url,
        "SHOUSHI_BASE_URL": settings.base_url,
    }
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"{module.rpartition('.')[2]}.log").open("ab") as out, on_all():
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", module, number],
            env=os.environ | chosen,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
