"""What only the running drill knows: its folder, its ports, the passwords of its own lab.

Chosen once and kept beside the drill while it runs, so that another conductor finds the same lab; gone with
the lab.
"""

from __future__ import annotations

import json
import os
import secrets as random
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from drills.conductor.stage import folder_of
from drills.conductor.values import free_ports
from drills.plan import Resolved
from kernel.platform import Platform

VALUES, SECRETS = "values.json", "lab-secrets.json"
SWEPT = 5.0
"""Seconds until a killed process must be gone."""
SECRET = "_password"  # noqa: S105 - the end of a variable's name
Chosen = tuple[dict[str, Any], dict[str, str]]


def chosen(platform: Platform, number: str, found: Resolved, given: Mapping[str, str]) -> Chosen:
    """Return the variables of a drill and its secrets: the operator's, and those of its own lab."""
    folder = folder_of(platform, number)
    if (folder / VALUES).is_file():
        values, own = (json.loads((folder / name).read_text(encoding="utf-8")) for name in (VALUES, SECRETS))
        return values, {**own, **given}
    values = {**found.scenario.vars, **found.plan.vars, "drill_id": number}
    names = [name for name, value in values.items() if name.endswith(SECRET) and not value]
    own = {name: random.token_hex(8) for name in names if name not in given} if found.plan.local else {}
    values = {name: value for name, value in values.items() if name not in {*own, *given}}
    if found.plan.local and found.scenario.lab:
        values["lab_dir"] = str(_made(lab_folder(number)))
        values["port_base"] = free_ports()
    values["deadman_seconds"] = int(min((i.deadman for i in found.scenario.injections), default=120.0))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _keep(folder / SECRETS, own)
    _keep(folder / VALUES, values)  # last: what is there says that all is there
    return values, {**own, **given}


def labs(platform: Platform) -> list[str]:
    """Return the drills that have, or may have, a lab of their own on this machine."""
    return [path.parent.name for path in folder_of(platform, "*").parent.glob(f"*/{VALUES}")]


def forget(folder: Path) -> None:
    """Forget the lab's variables and passwords."""
    for name in (VALUES, SECRETS):
        (folder / name).unlink(missing_ok=True)


def sweep(folder: str) -> int:
    """Kill what still runs from a lab's folder; returns how many processes.

    The lab's own playbook knows what it started. It does not know what was killed between a start and the
    note of it; the folder's name, which no other lab ever has, is in the command line of everything.
    """
    left = [process for process in psutil.process_iter(["cmdline"]) if _of_lab(process, folder)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=SWEPT)
    return len(left)


def _of_lab(process: psutil.Process, folder: str) -> bool:
    words = process.info["cmdline"] or ()
    return process.pid != os.getpid() and any(f"{folder}/" in f"{word}/" for word in words)


def lab_folder(number: str) -> Path:
    """Return a short path for the lab: a socket's path must not exceed some hundred characters."""
    return Path("/tmp") / f"shoushi-lab-{number}-{random.token_hex(3)}"  # noqa: S108 - made here, once


def _made(path: Path) -> Path:
    path.mkdir(mode=0o755)  # a database's own account passes through
    return path


def _keep(path: Path, values: Mapping[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as out:
        json.dump(values, out, ensure_ascii=False)
    draft.replace(path)
