"""What ansible itself says of a playbook or an inventory before anything runs."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playbooks.runner.environment import CONTENT, environment, programs

PATIENCE = 60.0


def syntax_problems(playbooks: Sequence[Path], inventory: str | Path) -> list[str]:
    """Return what ansible refuses of these playbooks on this inventory; nothing when all can be read."""
    if not playbooks:
        return []
    ran = _ask("ansible-playbook", inventory, "--syntax-check", *(str(path) for path in playbooks))
    if ran.returncode == 0:
        return []
    lines = [line.strip() for line in (ran.stderr or ran.stdout).splitlines() if line.strip()]
    return lines[:10] or [f"exit status {ran.returncode}"]


def hosts_of(inventory: str | Path) -> list[str]:
    """Return the hosts that ansible finds in an inventory, sorted; raises ValueError with its words."""
    ran = _ask("ansible-inventory", inventory, "--list")
    if ran.returncode != 0:
        raise ValueError((ran.stderr or ran.stdout).strip()[:500])
    said: Mapping[str, Any] = json.loads(ran.stdout)
    grouped = {host for name, group in said.items() if name != "_meta" for host in group.get("hosts", ())}
    return sorted(grouped | set(said.get("_meta", {}).get("hostvars", {})))


def _ask(program: str, inventory: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with private_folder() as folder:
        path = inventory_file(inventory, folder)
        return subprocess.run(  # noqa: S603 - our own interpreter's folder, arguments are paths of ours
            [str(programs() / program), "-i", str(path), *arguments],
            env=environment(folder, "tools"),
            cwd=CONTENT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def inventory_file(inventory: str | Path, folder: Path) -> Path:
    """Return the file that ansible reads: the one given, or the text written into `folder`."""
    if isinstance(inventory, Path):
        return inventory
    path = folder / "inventory.yml"
    path.touch(mode=0o600)
    path.write_text(inventory, encoding="utf-8")
    return path


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only we may read, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="shoushi-") as name:
        os.chmod(name, 0o700)  # noqa: PTH101 - a plain path
        yield Path(name)
