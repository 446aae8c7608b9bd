"""What our layer costs over bare `ansible-playbook`, and how soon a page hears of a drill's entry."""

from __future__ import annotations

import os
import queue
import random
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep
from unittest.mock import patch

import httpx
import yaml

from drills import log, rules
from drills.models import Drill
from kernel.cli.context import open_platform
from kernel.platform import Platform
from playbooks import runner
from playbooks.runner.environment import CONTENT, environment, programs
from tests.bench.bench_http import _shoushi
from tests.bench.loopback import free_port, process
from tests.bench.row import Row

ROUNDS = 9
ENTRIES = 60
PAGE_TARGET = 0.5
"""Seconds from the commit of an entry to the page's stream saying so."""
NUMBER = "YL2026-900"
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


def speaking(platform: Platform) -> None:
    """Put a drill under way on record, as far as its entries need it."""
    now = platform.clock.now()
    kinds = ("drafted", "submitted", "approved", "arming", "armed", "started")
    ends = (now + timedelta(days=1)).isoformat()
    with platform.db.write("conductor") as session:
        drill = Drill(
            number=NUMBER, title="bench", scenario="process_crash", form="live", fault_class="system_general",
            plan="", author="ops", begins_at=now, ends_at=now, state="", outcome="",
        )  # fmt: skip
        session.add(drill)
        session.flush()
        said = [log.Said(kind, {"frozen": "", "expires_at": ends}) for kind in kinds]
        assert log.append(session, now, drill, log.CONDUCTOR, said).state == rules.RUNNING


def say(platform: Platform, text: str) -> float:
    """Append an entry as the conductor does; returns when its commit was done."""
    with platform.db.write("conductor") as session:
        drill = session.query(Drill).filter_by(number=NUMBER).with_for_update().one()
        log.append(session, platform.clock.now(), drill, log.CONDUCTOR, [log.Said("note", {}, text)])
    return perf_counter()


def listen(url: str, token: str, heard: queue.Queue[float]) -> None:
    """Read the stream as a page does; tells when it said that the drill has changed."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{url}/api/v1/stream?topics=drill", headers=headers, timeout=60) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:") and f'"/drills/{NUMBER}"' in line:
                heard.put(perf_counter())


def to_the_page(folder: Path) -> list[float]:
    """Return the seconds that each entry took to a listening client; another process serves the page."""
    port, heard = free_port(), queue.Queue[float]()
    demo = {"SHOUSHI_DATA_DIR": str(folder / "demo")}
    with process(
        ["-m", "app", "serve", "--demo", "--port", str(port)], port, {"SHOUSHI_DATA_DIR": str(folder)}
    ):
        token = _shoushi(folder / "demo", "token", "create", "--user", "engineer")
        with patch.dict(os.environ, demo):
            platform = open_platform()
        listener = threading.Thread(
            target=listen, args=(f"http://127.0.0.1:{port}", token, heard), daemon=True
        )
        listener.start()
        speaking(platform)
        while heard.empty():  # until the stream is open
            say(platform, "hello")
            sleep(1)
        while not heard.empty():
            heard.get()
        seconds = []
        for number in range(ENTRIES):
            sleep(random.uniform(0.2, 0.8))  # so that no entry keeps step with the poller
            done = say(platform, f"{number}")
            seconds.append(heard.get(timeout=30) - done)
    return seconds


def run() -> Iterator[Row]:
    """Measure one after the other."""
    yield from adapter()
    with tempfile.TemporaryDirectory() as name:
        seconds = to_the_page(Path(name))
    middle, target = median(seconds), f"<= {PAGE_TARGET} s"
    yield "entry of a drill to the page, median seconds", middle, PAGE_TARGET, middle / PAGE_TARGET, target
    p95 = quantiles(seconds, n=20)[18]
    yield "... 95 % of the entries, seconds", p95, PAGE_TARGET, p95 / PAGE_TARGET, target


def adapter() -> Iterator[Row]:
    """Measure our runner and the bare program in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "play.yml"
        book.write_text(yaml.safe_dump(PLAY))
        (folder / "inventory.yml").write_text(INVENTORY)
        pairs = [(ours(book, folder, number), bare(book, folder)) for number in range(ROUNDS)]
    with_us, alone = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    ratio = median(mine / other for mine, other in pairs)  # of each round: a host's speed changes
    yield "playbook of three tasks, seconds", with_us, alone, ratio, "<= 1.15 x ansible-playbook"
