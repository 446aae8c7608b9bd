"""What our layer costs over bare `ansible-playbook`: the same play of three tasks, in turn."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import yaml

from playbooks import runner
from playbooks.runner.environment import CONTENT, environment, programs
from tests.bench.row import Row

ROUNDS = 7
INVENTORY = "all:\n  hosts:\n    box: {ansible_connection: local}\n"
TASKS = [{"name": f"Task {n}", "ansible.builtin.command": "true", "changed_when": False} for n in range(3)]
PLAY = [{"name": "Three tasks", "hosts": "all", "gather_facts": False, "tasks": TASKS}]


def ours(book: Path, folder: Path, number: int) -> float:
    """Seconds of a run through the adapter: child, events, redaction, tidying up."""
    begun = perf_counter()
    outcome = runner.run(runner.Request(book, INVENTORY, f"bench:{number}", 60), folder / f"run-{number}")
    assert outcome.ok, outcome.message
    return perf_counter() - begun


def bare(book: Path, folder: Path) -> float:
    """Seconds of ansible-playbook alone, in the same environment."""
    begun = perf_counter()
    subprocess.run(
        [str(programs() / "ansible-playbook"), "-i", str(folder / "inventory.yml"), str(book)],
        env=environment(folder, "bare"), cwd=CONTENT, check=True, capture_output=True,
    )  # fmt: skip
    return perf_counter() - begun


def run() -> Iterator[Row]:
    """Measure both in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "play.yml"
        book.write_text(yaml.safe_dump(PLAY))
        (folder / "inventory.yml").write_text(INVENTORY)
        pairs = [(ours(book, folder, number), bare(book, folder)) for number in range(ROUNDS)]
    with_us, alone = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    yield "playbook of three tasks, seconds", with_us, alone, with_us / alone, "<= 1.15 x ansible-playbook"
