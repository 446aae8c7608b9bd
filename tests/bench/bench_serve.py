"""What `shoushi serve` holds in memory with nothing in it, and what a thousand open streams cost.

Proportional set size and CPU time come from the kernel; the CPU of a process counts also when others work.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel import feed
from kernel.clock import SYSTEM
from kernel.db import Database
from kernel.settings import load_settings
from tests.bench.loopback import ROOT, free_port, request
from tests.bench.row import Row

CLIENTS, SECONDS = 1_000, 10
AS_INSTALLED = """
import sys

class OnlyDeveloped:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in {absent!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, OnlyDeveloped)
sys.argv[0] = "shoushi"
from app import main

main()
"""
"""Runs our command as where only requirements.lock is installed: libraries load what they find beside them,
httpx its own command line with rich and pygments, and that is not what an installation holds."""
DEVELOPERS_ONLY = {"rich": "rich", "pygments": "pygments"}
"""Modules that libraries load when they are there → the distribution that brings them."""
TICKS = os.sysconf("SC_CLK_TCK")


def pss(pid: int) -> float:
    """Return the megabytes of a process and its children, shared pages counted once."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(pss(int(child)) for child in children)


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def command(folder: Path, *arguments: str) -> str:
    """Run `shoushi …` to its end; returns what it says."""
    environ = os.environ | {"SHOUSHI_DATA_DIR": str(folder)}
    run = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(run, cwd=ROOT, env=environ, capture_output=True, check=True, text=True).stdout


def absent() -> set[str]:
    """Return the modules that development brings and requirements.lock does not."""
    locked = (ROOT / "requirements.lock").read_text()
    return {module for module, brings in DEVELOPERS_ONLY.items() if f"\n{brings}==" not in locked}


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """Serve the empty database in `folder`; gives the process and its port."""
    port = free_port()
    environ = os.environ | {"SHOUSHI_DATA_DIR": str(folder)}
    run = [sys.executable, "-c", AS_INSTALLED.format(absent=absent()), "serve", "--port", str(port)]
    process = subprocess.Popen(run, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(_answers(port))
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)


async def _answers(port: int) -> None:
    for _ in range(600):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError("the server did not start")


async def _listen(port: int, raw: bytes, heard: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    try:
        while line := await reader.readline():
            heard[0] += line.startswith(b"event: change")
    finally:
        writer.close()


async def _listening(pid: int, port: int, raw: bytes, database: Database) -> tuple[float, float, int]:
    heard = [0]
    clients = [asyncio.create_task(_listen(port, raw, heard)) for _ in range(CLIENTS)]
    await asyncio.sleep(5)
    begun, started = cpu(pid), time.perf_counter()
    for n in range(SECONDS):
        with database.write() as session:
            feed.announce(session, SYSTEM.now(), "incident", f"/incidents/F-{n}")
        await asyncio.sleep(1)
    share = (cpu(pid) - begun) / (time.perf_counter() - started)
    megabytes = pss(pid)
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    return share, megabytes, heard[0]


def run() -> Iterator[Row]:
    """Yield the rows of an empty installation."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        secret = folder / "password"
        secret.write_text("Correct-horse-battery-7\n")
        command(folder, "init", "--password-file", str(secret))
        token = command(folder, "token", "create", "--user", "sysadmin").strip()
        database = Database(load_settings({}, data_dir=folder).url)
        with served(folder) as (pid, port):
            time.sleep(5)
            empty = pss(pid)
            yield "serve with an empty database: PSS, MB", empty, 200.0, empty / 200, "≤ 200 MB"
            raw = request("GET", "/api/v1/stream", {"Authorization": f"Bearer {token}"})
            share, megabytes, heard = asyncio.run(_listening(pid, port, raw, database))
        database.close()
        if heard < CLIENTS * SECONDS * 0.9:
            raise RuntimeError(f"only {heard} events were heard")
        name_ = f"SSE, {CLIENTS:,} clients, an event a second each"
        yield f"{name_}: share of a core", share, 0.25, share / 0.25, "≤ 0.25"
        yield f"{name_}: PSS, MB", megabytes, 150.0, megabytes / 150, "≤ 150 MB"
