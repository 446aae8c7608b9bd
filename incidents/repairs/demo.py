"""The demonstration's target: old logs on this machine, in a folder of the demonstration's own."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import yaml

from incidents.repairs import targets
from kernel.identity.actors import actor_of
from kernel.platform import Platform
from sla import pinned

NAME = "演示：本机的旧日志"
INVENTORY = """all:
  hosts:
    demo-oa:
      ansible_connection: local
      shoushi_tier: lab
"""
FILES, KILOBYTES, AGE = 5, 64, timedelta(days=30)


def prepare(platform: Platform, *, fresh: bool, scripted: bool) -> None:
    """Set up a harmless target with some old files to remove."""
    if not (fresh and scripted):
        return
    now = platform.clock.now()
    folder = Path(platform.settings.data_dir).resolve() / "demo-logs"
    old_logs(folder, now.timestamp())
    values = {"disk_path": str(folder), "disk_clean_dirs": [str(folder)]}
    with platform.db.write("ops") as session:
        ops = actor_of(session, now, platform.catalogue, "ops")
        wanted = targets.Wanted(NAME, "free_disk", INVENTORY, values=yaml.safe_dump(values))
        targets.add(session, now, ops, pinned.in_force(platform), wanted)


def old_logs(folder: Path, now: float) -> None:
    """Write some log files that are old enough to go, and one that is not."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(FILES):
        path = folder / f"oa.log.{n}"
        path.write_bytes(b"." * KILOBYTES * 1024)
        os.utime(path, (now - AGE.total_seconds(),) * 2)
    (folder / "oa.log").write_text("today\n", encoding="utf-8")
