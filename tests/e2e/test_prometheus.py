"""Real Prometheus and Alertmanager: a target stops, an incident opens, people are mailed, one restores."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.mail import MailServer
from tests.support.process import Process, command, ok, wait_for
from tests.support.prometheus import Monitoring, Target, free_port, need

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stories")]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "prometheus-rules"


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def environ(empty_url: str, tmp_path: Path, mail: MailServer) -> dict[str, str]:
    """An installation with an engineer and an account for the monitoring."""
    settings = mail.settings(SHOUSHI_DATA_DIR=str(tmp_path / "data"), SHOUSHI_DATABASE_URL=empty_url)
    secret = tmp_path / "password"
    secret.write_text("Correct-horse-7")
    command(settings, "init", "--password-file", str(secret))
    for name, role in (("lin", "engineer"), ("wang", "supervisor"), ("prometheus", "monitor")):
        who = ("--unit", role, "--role", role, "--email", f"{name}@example.test")
        command(settings, "user", "create", name, *who, "--password-file", str(secret))
    return settings


@pytest.fixture
def site(tmp_path: Path, environ: dict[str, str]) -> Iterator[str]:
    port = free_port()
    process = Process(tmp_path, environ, "serve", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: not process.ended and _answers(url), f"the server; see {process.log}")
    yield url
    process.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).is_success
    except httpx.TransportError:
        return False


def client(environ: dict[str, str], url: str, who: str) -> httpx.Client:
    token = command(environ, "token", "create", "--user", who)
    return httpx.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {token}"}, timeout=30)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_target_stops_and_returns(
    tmp_path: Path, environ: dict[str, str], site: str, mail: MailServer
) -> None:
    need("prometheus", "prometheus-alertmanager")
    token = command(environ, "token", "create", "--user", "prometheus", "--role", "monitor")
    target = Target()
    target.start()
    folder = tmp_path / "monitoring"
    folder.mkdir()
    monitoring = Monitoring(folder, target, f"{site}/api/v1/alerts/alertmanager", token)
    try:
        with client(environ, site, "lin") as lin:
            _story(lin, target, mail)
    finally:
        monitoring.stop()
        target.stop()


def _story(lin: httpx.Client, target: Target, mail: MailServer) -> None:
    assert ok(lin.get("/incidents"))["items"] == []
    target.stop()
    (incident,) = wait_for(lambda: ok(lin.get("/incidents"))["items"], "an incident")
    assert (incident["title"], incident["fault_class"]) == ("收文管理无法访问", "system_general")
    assert (incident["modules"], incident["payers"]) == (["receipts"], ["suixi"])
    wait_for(lambda: [m for m in mail.box.mails if "收文管理无法访问" in str(m["subject"])], "the mail")
    target.start()
    number = incident["number"]
    found = wait_for(lambda: _recovered(lin, number), "the evidence of the recovery")
    assert found["state"] == "open"
    assert {clock["obligation"]: clock["state"] for clock in found["clocks"]} == {
        "response": "running",
        "repair": "running",
    }
    for kind in ("responded", "restored"):
        ok(lin.post(f"/incidents/{number}/events", json={"type": kind, "text": "已重启收文服务"}))
    assert ok(lin.get(f"/incidents/{number}"))["state"] == "restored"
    assert len(ok(lin.get("/incidents"))["items"]) == 1


def _recovered(lin: httpx.Client, number: str) -> Any:
    found = ok(lin.get(f"/incidents/{number}"))
    return found if any(event["type"] == "note" for event in found["events"]) else None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared Prometheus rules are not beside this checkout")
def test_the_shared_rules_load_in_prometheus() -> None:
    need("promtool")
    files = sorted(map(str, SHARED.glob("*.yml")))
    ran = subprocess.run(["promtool", "check", "rules", *files], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("SUCCESS") == len(files)
