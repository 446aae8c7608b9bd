"""A bounded load on loopback: keep-alive connections that repeat one request, and real server processes."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Load(NamedTuple):
    """What one round measured."""

    per_second: float
    p99_ms: float
    failures: int


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of an HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _connection(
    port: int, requests: Iterator[bytes], stop: float, seen: list[float], bad: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < stop:
        begun = time.perf_counter()
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        seen.append(time.perf_counter() - begun)
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201", b"HTTP/1.1 202")):
            bad.append(int(head.split(b" ", 2)[1]))
    writer.close()


async def _round(port: int, raw: bytes | Sequence[bytes], connections: int, seconds: float) -> Load:
    seen: list[float] = []
    bad: list[int] = []
    requests = cycle([raw] if isinstance(raw, bytes) else raw)
    begun = time.perf_counter()
    stop = begun + seconds
    await asyncio.gather(*(_connection(port, requests, stop, seen, bad) for _ in range(connections)))
    p99 = quantiles(seen, n=100)[98] * 1000 if len(seen) > 1 else 0.0
    return Load(len(seen) / (time.perf_counter() - begun), p99, len(bad))


def load(port: int, raw: bytes | Sequence[bytes], *, connections: int = 8, seconds: float = 4.0) -> Load:
    """Repeat the request, or some in turns, for some seconds; failures are answers but 200, 201 and 202."""
    return asyncio.run(_round(port, raw, connections, seconds))


class Pair(NamedTuple):
    """Ours beside the floor: medians, and the medians of what each round's two gave when divided."""

    ours: Load
    floor: Load
    ratio: float
    p99_ratio: float


def in_turns(ours: Callable[[], Load], floor: Callable[[], Load], rounds: int = 5) -> Pair:
    """Load one and the other in turn: a host whose speed changes changes both. RuntimeError on failures."""
    pairs = [(ours(), floor()) for _ in range(rounds)]
    if any(load.failures for pair in pairs for load in pair):
        raise RuntimeError("requests failed under load")
    return Pair(
        _middle([mine for mine, _ in pairs]),
        _middle([other for _, other in pairs]),
        median(mine.per_second / other.per_second for mine, other in pairs),
        median(mine.p99_ms / other.p99_ms for mine, other in pairs),
    )


def _middle(loads: Sequence[Load]) -> Load:
    return Load(median(one.per_second for one in loads), median(one.p99_ms for one in loads), 0)


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    arguments: list[str],
    port: int,
    environment: dict[str, str] | None = None,
    python: str = sys.executable,
) -> Iterator[None]:
    """Run a server until the block ends; waits until it answers."""
    running = subprocess.Popen(
        [python, *arguments],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, running)
        yield
    finally:
        running.terminate()
        running.wait(20)


def _wait(port: int, running: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 120
    while time.monotonic() < limit and running.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")
