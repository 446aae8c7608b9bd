"""Alert intake beside Alerta's on the same durable PostgreSQL: `make bench-peers`.

Alerta is installed from the package index into a virtual environment that is thrown away; where that cannot
be done the reason is printed and nothing is claimed. Both get the same Alertmanager notifications over
keep-alive connections, one alert a request, two hundred alerts of five causes in turns, repeated; they take
turns, and the ratio is the median of the rounds' own. Alerta runs under gunicorn with a process for each core
and threads; Shoushi as `shoushi serve`, once as one process and once with a web process for each core and a
worker process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.__main__ import show, write
from tests.bench.bench_intake import CONNECTIONS, JSON, body, installed, storm
from tests.bench.loopback import Load, free_port, in_turns, load, process, request
from tests.bench.row import Row
from tests.support.postgres import Postgres

PACKAGES = ("alerta-server", "psycopg2-binary", "gunicorn", "setuptools<80")
INSTALL_WITHIN = 300.0
CORES = os.cpu_count() or 2
SECONDS = 3.0


class CannotRun(Exception):
    """Why there is no figure."""


def install(folder: Path) -> Path:
    """Install Alerta into an environment of its own; returns its Python."""
    python = folder / "venv" / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(folder / "venv")],
        [str(python), "-m", "pip", "install", "-q", *PACKAGES],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_WITHIN)
        except subprocess.TimeoutExpired:
            raise CannotRun(f"Alerta was not installed within {INSTALL_WITHIN:g} s") from None
        except subprocess.CalledProcessError as error:
            last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise CannotRun(f"Alerta cannot be installed: {' '.join(last)}") from None
    return python


@contextmanager
def theirs(python: Path, server: Postgres) -> Iterator[Callable[[], Load]]:
    """Run Alerta; gives a round of load."""
    port = free_port()
    environment = {
        "DATABASE_URL": f"postgresql://postgres@/{server.create()}?host={server.socket}",
        "SECRET_KEY": "bench",
        "AUTH_REQUIRED": "False",
        "PLUGINS": "",
    }
    workers = ["-w", str(CORES), "-k", "gthread", "--threads", "8", "--preload"]
    workers += ["--keep-alive", "60"]
    arguments = ["-m", "gunicorn", *workers, "-b", f"127.0.0.1:{port}", "alerta:create_app()"]
    parts = [request("POST", "/webhooks/prometheus", JSON, body(n)) for n in range(200)]
    with process(arguments, port, environment, python=str(python)):
        if load(port, parts, connections=1, seconds=3.0).failures:
            raise CannotRun("Alerta refuses the notification")
        yield partial(load, port, parts, connections=CONNECTIONS, seconds=SECONDS)


@contextmanager
def ours(folder: Path, server: Postgres, processes: int) -> Iterator[Callable[[], Load]]:
    """Run Shoushi with so many web processes; gives a round of load."""
    data = folder / f"web{processes}"
    data.mkdir()
    environment = {
        "SHOUSHI_DATA_DIR": str(data),
        "SHOUSHI_DATABASE_URL": server.url(server.create()),
        "SHOUSHI_WEB_PROCESSES": str(processes),
    }
    auth, _ = installed(environment)
    port = free_port()
    with process(["-m", "app", "serve", "--port", str(port)], port, environment):
        load(port, storm(auth, 10), connections=1, seconds=3.0)
        yield partial(load, port, storm(auth, 1), connections=CONNECTIONS, seconds=SECONDS)


def run() -> Iterator[Row]:
    """Measure ours, as one process and as several, in turn with theirs."""
    title = "alerts, one a request, PostgreSQL, beside Alerta, req/s"
    with tempfile.TemporaryDirectory(prefix="peers") as name:
        folder = Path(name)
        python = install(folder)
        server = Postgres(folder, durable=True)
        try:
            with theirs(python, server) as alerta:
                for processes, words in ((1, "one process"), (CORES, "a web process a core")):
                    with ours(folder, server, processes) as shoushi:
                        pair = in_turns(shoushi, alerta)
                    rates = pair.ours.per_second, pair.floor.per_second
                    yield f"{title}: {words}", *rates, pair.ratio, "≥ 15"
        finally:
            server.stop()


if __name__ == "__main__":
    try:
        show(run())
    except (CannotRun, RuntimeError) as reason:
        write(f"no comparison: {reason}")
