"""Real Prometheus and Alertmanager (Debian packages) on free ports, and the target that they watch."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.process import wait_for

PROGRAMS = ("prometheus", "prometheus-alertmanager", "promtool")


def need(*programs: str) -> None:
    """Skip the test where a program is missing, and say how to get it."""
    if missing := [name for name in programs if shutil.which(name) is None]:
        pytest.skip(f"no {', '.join(missing)}; run `make system-monitoring`")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Target:
    """An exporter that can be stopped and started on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _Metrics)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Metrics(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"oa_up 1\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


RULES = """
groups:
  - name: oa
    rules:
      - alert: OaDown
        expr: up == 0
        labels: {severity: critical}
        annotations: {summary: "收文管理无法访问", description: "{{ $labels.instance }} 无应答"}
"""


class Monitoring:
    """Prometheus and Alertmanager by the files in `folder`, until `stop`."""

    def __init__(self, folder: Path, alertmanager: int, prometheus: int) -> None:
        self._folder = folder
        self.alertmanager, self.prometheus = alertmanager, prometheus
        self._running = [self._start_alertmanager(), self._start_prometheus()]
        for port in (self.alertmanager, self.prometheus):
            wait_for(lambda port=port: _ready(port), f"port {port}; see {folder}")

    def ask(self, path: str, **query: str) -> Any:
        """Return the data of an answer of Prometheus' API, which must be a success."""
        answer = httpx.get(f"http://127.0.0.1:{self.prometheus}/api/v1/{path}", params=query, timeout=30)
        assert answer.json()["status"] == "success", answer.text
        return answer.json()["data"]

    def _start_alertmanager(self) -> subprocess.Popen[bytes]:
        return self._run(
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            f"--storage.path={self._folder / 'am'}",
            f"--web.listen-address=127.0.0.1:{self.alertmanager}",
            "--cluster.listen-address=",
        )

    def _start_prometheus(self) -> subprocess.Popen[bytes]:
        return self._run(
            "prometheus",
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={self._folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.prometheus}",
        )

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen([program, *arguments], cwd=self._folder, stdout=log, stderr=log)

    def stop(self) -> None:
        for running in self._running:
            running.terminate()
            running.wait(30)


def over(folder: Path, target: Target, webhook: str, token: str) -> Monitoring:
    """Scrape a target every second, and tell us at once."""
    alertmanager, prometheus = free_port(), free_port()
    (folder / "rules.yml").write_text(RULES)
    (folder / "alertmanager.yml").write_text(
        "route: {receiver: shoushi, group_by: [module], group_wait: 0s, group_interval: 1s}\n"
        "receivers:\n"
        f"  - name: shoushi\n    webhook_configs:\n      - url: {webhook}\n        send_resolved: true\n"
        "        http_config: {authorization: {type: Bearer, credentials: "
        f"{token}}}}}\n"
    )
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "rule_files: [rules.yml]\n"
        "alerting:\n  alertmanagers:\n    - static_configs:\n"
        f"        - targets: ['127.0.0.1:{alertmanager}']\n"
        "scrape_configs:\n"
        "  - job_name: oa\n    static_configs:\n"
        f"      - targets: ['127.0.0.1:{target.port}']\n"
        "        labels: {module: receipts, payer: suixi}\n"
    )
    return Monitoring(folder, alertmanager, prometheus)


SHIPPED = Path(__file__).parents[2] / "dashboards"


def as_shipped(folder: Path, ours: int, smtp: int, token: str) -> Monitoring:
    """Watch our own platform on port `ours` by the files that we ship; only places and waits are changed."""
    alertmanager, prometheus = free_port(), free_port()
    (folder / "token").write_text(token)
    places = {
        "127.0.0.1:8000": f"127.0.0.1:{ours}",
        "127.0.0.1:9093": f"127.0.0.1:{alertmanager}",
        "127.0.0.1:25": f"127.0.0.1:{smtp}",
        "/etc/prometheus/shoushi.token": str(folder / "token"),
    }
    waits = {r"(scrape|evaluation)_interval: 15s": r"\1_interval: 1s", "group_wait: 10s": "group_wait: 0s",
             "group_interval: 30s": "group_interval: 1s", r"(?m)^ +for: .*\n": ""}  # fmt: skip
    for name in ("prometheus/prometheus.yml", "prometheus/rules.yml", "alertmanager/alertmanager.yml"):
        text = (SHIPPED / name).read_text(encoding="utf-8")
        for old, new in places.items():
            text = text.replace(old, new)
        for pattern, new in waits.items():
            text = re.sub(pattern, new, text)
        (folder / Path(name).name).write_text(text, encoding="utf-8")
    return Monitoring(folder, alertmanager, prometheus)


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
