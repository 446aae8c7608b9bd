"""Real Prometheus and Alertmanager (Debian packages) on free ports, and the target that they watch."""

from __future__ import annotations

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
    """Prometheus that scrapes a target every second, and Alertmanager that tells us at once."""

    def __init__(self, folder: Path, target: Target, webhook: str, token: str) -> None:
        self._folder = folder
        self.alertmanager, self.prometheus = free_port(), free_port()
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
            f"        - targets: ['127.0.0.1:{self.alertmanager}']\n"
            "scrape_configs:\n"
            "  - job_name: oa\n    static_configs:\n"
            f"      - targets: ['127.0.0.1:{target.port}']\n"
            "        labels: {module: receipts, payer: suixi}\n"
        )
        self._running = [self._start_alertmanager(), self._start_prometheus()]
        for port in (self.alertmanager, self.prometheus):
            wait_for(lambda port=port: _ready(port), f"port {port}; see {folder}")

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


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
