"""`shoushi` as a process of its own, and waiting for conditions."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

T = TypeVar("T")
LIMIT = 60.0


def wait_for(condition: Callable[[], T], what: str, limit: float = LIMIT) -> T:
    """Return the first true value of `condition`; fails with `what` when it takes too long."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {limit:g} s in vain for {what}")


class Process:
    """A running `shoushi …`; what it says goes into a file."""

    def __init__(self, folder: Path, environ: dict[str, str], *arguments: str) -> None:
        self.log = folder / f"{arguments[0]}.log"
        command = [sys.executable, "-m", "app", *arguments]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SHOUSHI_")}
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(command, env=clean | environ, stdout=out, stderr=out)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def children(self) -> list[psutil.Process]:
        """Return the processes that it has started and that live."""
        return psutil.Process(self._process.pid).children()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None


def command(environ: dict[str, str], *arguments: str) -> str:
    """Run `shoushi …` to its end and return what it printed."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHOUSHI_")}
    ran = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=clean | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


class Rehearsal:
    """`shoushi serve --rehearsal` on a free port, with clients of its API."""

    def __init__(self, folder: Path, speed: float, environ: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        self._clients: list[httpx.Client] = []
        self.environ = environ | {"SHOUSHI_DATA_DIR": str(folder / "data"), "SHOUSHI_BASE_URL": self.url}
        arguments = ("serve", "--rehearsal", "--speed", f"{speed:g}", "--port", str(port))
        self.process = Process(folder, self.environ, *arguments)
        wait_for(self._ready, f"the server; see {self.process.log}")

    def _ready(self) -> bool:
        assert not self.process.ended, self.process.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def client(self, who: str) -> httpx.Client:
        own = self.environ | {"SHOUSHI_DATA_DIR": self.environ["SHOUSHI_DATA_DIR"] + "/rehearsal"}
        token = command(own, "token", "create", "--user", who)
        headers = {"authorization": f"Bearer {token}"}
        self._clients.append(httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30))
        return self._clients[-1]

    def now(self) -> str:
        """Return the rehearsal's time."""
        return str(httpx.get(f"{self.url}/clock", timeout=30).json()["now"])

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.process.stop()


def ok(answer: httpx.Response) -> Any:
    """Return the body of an answer that must be a success."""
    assert answer.is_success, answer.text
    return answer.json()
