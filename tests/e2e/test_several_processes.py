"""`shoushi serve` with two web processes on PostgreSQL: both work, and one may die."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.process import Process, command, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("kind", ["postgresql"], indirect=True)]
MANY = 64


class Service:
    """The service and its web processes."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = Process(folder, environ, "serve", "--port", str(self.port))
        wait_for(lambda: len(self.webs()) == 2, f"two web processes; see {self.process.log}")

    def webs(self) -> list[psutil.Process]:
        """Return those that listen."""
        assert not self.process.ended, self.process.log.read_text()
        return [each for each in self.process.children() if self.connections(each, psutil.CONN_LISTEN)]

    def connections(self, process: psutil.Process, state: str) -> int:
        try:
            found = process.net_connections("tcp")
        except psutil.Error:
            return 0
        return sum(each.laddr.port == self.port and each.status == state for each in found)

    def well(self) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=10).status_code == 200


@pytest.fixture
def service(empty_url: str, tmp_path: Path) -> Iterator[Service]:
    environ = {
        "SHOUSHI_DATA_DIR": str(tmp_path / "data"),
        "SHOUSHI_DATABASE_URL": empty_url,
        "SHOUSHI_WEB_PROCESSES": "2",
    }
    secret = tmp_path / "password"
    secret.write_text("Correct-horse-7")
    command(environ, "init", "--password-file", str(secret))
    running = Service(tmp_path, environ)
    yield running
    assert running.process.stop() == 0


def test_connections_are_dealt_out_and_a_death_keeps_nobody_waiting(service: Service) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=10))

        def shares() -> list[int]:
            found = [service.connections(each, psutil.CONN_ESTABLISHED) for each in service.webs()]
            return found if sum(found) == MANY else []

        assert min(wait_for(shares, "all to be accepted")) >= 8
    victim, survivor = service.webs()
    victim.kill()
    victim.wait(10)
    assert all(service.well() for _ in range(20))
    wait_for(lambda: len(service.webs()) == 2, "another in its place")
    assert survivor in service.webs()
    assert victim not in service.webs()
