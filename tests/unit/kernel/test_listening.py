"""Several processes on one port: connections are dealt out, and only to who listens."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from kernel import cores
from kernel.cli import supervisor
from kernel.cli.listening import bound, reserve
from kernel.errors import ConfigError
from kernel.settings import Settings

HERE = "127.0.0.1"
MANY = 64


@pytest.fixture
def port() -> Iterator[int]:
    with reserve(HERE, 0) as held:
        yield held.getsockname()[1]


def listener(port: int) -> socket.socket:
    found = bound(HERE, port)
    found.listen(MANY)
    found.settimeout(5)
    return found


def accepted(listeners: dict[str, socket.socket], port: int) -> Counter[str]:
    """Connect many at once; return who got how many of them."""
    clients = [socket.create_connection((HERE, port), timeout=5) for _ in range(MANY)]
    got: Counter[str] = Counter()
    for name, each in listeners.items():
        each.setblocking(False)
        while True:
            try:
                each.accept()[0].close()
            except BlockingIOError:
                break
            got[name] += 1
    for client in clients:
        client.close()
    return got


def test_connections_that_come_at_once_are_dealt_out(port: int) -> None:
    with listener(port) as one, listener(port) as other:
        got = accepted({"one": one, "other": other}, port)
    assert got.total() == MANY
    assert min(got["one"], got["other"]) >= 8  # of 64; fewer by chance once in ten thousand million


def test_who_has_died_or_does_not_listen_yet_gets_none(port: int) -> None:
    with listener(port) as one, bound(HERE, port):
        listener(port).close()
        assert accepted({"one": one}, port) == {"one": MANY}


def test_while_nobody_listens_nobody_is_kept_waiting(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HERE, port), timeout=5)


@pytest.mark.parametrize("shared", [True, False])
def test_a_port_that_is_taken_is_a_configuration_error(shared: bool) -> None:
    with closing(bound(HERE, 0, shared=shared)) as taken:
        taken.listen()
        with pytest.raises(ConfigError, match="端口"):
            reserve(HERE, taken.getsockname()[1])


def test_every_process_of_a_service_has_a_place_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(web_processes=3, worker_processes=2, database_url="postgresql://localhost/x")
    children = supervisor.children_of("127.0.0.1", 8000, settings)
    assert [child.name for child in children] == ["web 1", "web 2", "web 3", "worker 1", "worker 2"]
    assert [child.command[-2:] for child in children] == [("--place", str(n)) for n in range(5)]
    taken = []
    monkeypatch.setattr(cores, "allowed", lambda: {4, 6})
    monkeypatch.setattr("os.sched_setaffinity", lambda _process, chosen: taken.append(chosen))
    for place in range(3):
        cores.stay_on_one(place)
    assert taken == [{4}, {6}, {4}]
