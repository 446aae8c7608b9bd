"""A process that stays on one core, and what it starts, which need not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs an operating system that says which cores there are, and two of them",
)
COUNT = "import os; print(len(os.sched_getaffinity(0)))"
PROGRAM = f"""
import os, subprocess, sys, threading
from kernel import cores

given = len(cores.allowed())
cores.stay_on_one()
seen = []
thread = threading.Thread(target=lambda: seen.append(len(os.sched_getaffinity(0))))
thread.start()
thread.join()
run = [sys.executable, "-c", {COUNT!r}]
inside = subprocess.check_output(run, text=True)
with cores.on_all():
    outside = subprocess.check_output(run, text=True)
print(given, len(os.sched_getaffinity(0)), seen[0], int(inside), int(outside))
"""

COMPANION = """
from pathlib import Path
from kernel import cores
from kernel.settings import Settings
from playbooks.runner import companion

cores.stay_on_one()
companion.start(Settings(data_dir="."), "cores_seen", "0", Path("logs")).wait()
print(Path("logs/cores_seen.log").read_text())
"""


def test_a_playbook_s_process_may_use_all_cores(tmp_path: Path) -> None:
    (tmp_path / "cores_seen.py").write_text(COUNT)
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join([str(root), str(tmp_path)])
    run = [sys.executable, "-c", COMPANION]
    said = subprocess.check_output(run, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path})
    assert int(said) == len(os.sched_getaffinity(0))


def test_threads_stay_and_a_process_of_its_own_may_go() -> None:
    said = subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
    given, own, thread, inside, outside = map(int, said.split())
    assert (own, thread, inside) == (1, 1, 1)
    assert outside == given == len(os.sched_getaffinity(0))


def test_who_was_given_one_core_keeps_it() -> None:
    core = min(os.sched_getaffinity(0))
    pinned = f"import os; os.sched_setaffinity(0, {{{core}}})\n{PROGRAM}"
    said = subprocess.check_output([sys.executable, "-c", pinned], text=True)
    assert said.split() == ["1"] * 5
