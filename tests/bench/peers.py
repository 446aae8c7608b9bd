"""Alert intake beside Alerta's on the same durable PostgreSQL: `make bench-peers`.

Alerta is installed from the package index into a virtual environment that is thrown away; where that cannot
be done the reason is printed and nothing is claimed. Both get the same Alertmanager notifications over
keep-alive connections, one alert a request, two hundred alerts of five causes in turns, repeated. Alerta runs
under gunicorn with a process for each core and threads; Shoushi as `shoushi serve`, once as one process and
once with a web process for each core and a worker process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.__main__ import show, write
from tests.bench.bench_intake import CONNECTIONS, JSON, body, installed, storm
from tests.bench.loopback import free_port, load, process, request
from tests.bench.row import Row
from tests.support.postgres import Postgres

PACKAGES = ("alerta-server", "psycopg2-binary", "gunicorn", "setuptools<80")
INSTALL_WITHIN = 300.0
CORES = os.cpu_count() or 2


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


def theirs(python: Path, server: Postgres) -> float:
    """Return the requests a second that Alerta takes in."""
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
        return rate(port, parts)


def ours(folder: Path, server: Postgres, processes: int) -> float:
    """Return the requests a second that Shoushi takes in with so many web processes."""
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
        return rate(port, storm(auth, 1))


def rate(port: int, requests: list[bytes]) -> float:
    """Return how many requests a second are answered, the median of three rounds."""
    rounds = [load(port, requests, connections=CONNECTIONS, seconds=3.0) for _ in range(3)]
    if any(each.failures for each in rounds):
        raise RuntimeError("requests failed under load")
    return median(each.per_second for each in rounds)


def run() -> Iterator[Row]:
    """Measure both, one after the other."""
    with tempfile.TemporaryDirectory(prefix="peers") as name:
        folder = Path(name)
        python = install(folder)
        server = Postgres(folder, durable=True)
        try:
            alerta = theirs(python, server)
            alone, several = (ours(folder, server, processes) for processes in (1, CORES))
        finally:
            server.stop()
    title = "alerts, one a request, PostgreSQL, beside Alerta, req/s"
    yield f"{title}: one process", alone, alerta, alone / alerta, "≥ 15"
    yield f"{title}: a web process a core", several, alerta, several / alerta, "≥ 15"


if __name__ == "__main__":
    try:
        show(run())
    except (CannotRun, RuntimeError) as reason:
        write(f"no comparison: {reason}")
