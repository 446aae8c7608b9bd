"""Real Prometheus and Alertmanager: a target stops, an incident opens, people are mailed, one restores."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from aiosmtpd.controller import Controller

from tests.support.mail import Mailbox, MailServer
from tests.support.process import Process, command, ok, wait_for
from tests.support.prometheus import SHIPPED, Monitoring, Target, as_shipped, free_port, need, over

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
def server(tmp_path: Path, environ: dict[str, str]) -> Iterator[tuple[int, Process]]:
    port = free_port()
    process = Process(tmp_path, environ, "serve", "--port", str(port))
    wait_for(
        lambda: not process.ended and _answers(f"http://127.0.0.1:{port}"), f"the server; see {process.log}"
    )
    yield port, process
    if not process.ended:
        process.stop()


@pytest.fixture
def site(server: tuple[int, Process]) -> str:
    return f"http://127.0.0.1:{server[0]}"


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
    monitoring = over(folder, target, f"{site}/api/v1/alerts/alertmanager", token)
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


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_worker_process_shows_what_it_counts_on_a_port_of_its_own(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    port = free_port()
    settings = environ | {"SHOUSHI_WORKER_METRICS_PORT": str(port - 1)}
    second = Process(tmp_path, settings, "worker", "--number", "2")
    try:
        wait_for(lambda: 'shoushi_job_runs_total{job="sla.deadlines"' in _shown(port), "its own count")
        third = Process(tmp_path, settings, "worker", "--number", "2")
        wait_for(lambda: third.ended, "the end of one that finds its port taken")
        assert f"指标端口 {port} 无法使用" in third.log.read_text(encoding="utf-8")
    finally:
        assert second.stop() == 0
    assert _shown(port) == ""


def _shown(port: int) -> str:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except httpx.TransportError:
        return ""


AT_REST = re.compile(r"\bshoushi_\w+")
ONLY_ONCE_IT_HAPPENS = {
    "shoushi_deadline_lag_seconds_bucket": "a deadline has fired",
    "shoushi_heartbeat_pings_total": "an outside heartbeat is set up",
    "shoushi_job_failures": "a job has failed",
    "shoushi_attainment_percent": "a clock has ended this month",
    "shoushi_probe_newest_age_seconds": "a probe was set up and has checked its target",
}
"""Metrics that a platform at rest does not show, and what has to happen first."""


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_what_we_ship_watches_the_platform_itself(
    tmp_path: Path, environ: dict[str, str], server: tuple[int, Process], mail: MailServer
) -> None:
    """Every rule and panel works on the live /metrics; a dead letter comes back to us; our end is mailed."""
    need("prometheus", "prometheus-alertmanager")
    port, process = server
    token = command(environ, "token", "create", "--user", "prometheus", "--role", "monitor")
    folder, people = tmp_path / "monitoring", Mailbox()
    folder.mkdir()
    relay = Controller(people, hostname="127.0.0.1", port=free_port())
    relay.start()
    monitoring = as_shipped(folder, port, relay.port, token)
    try:
        wait_for(lambda: monitoring.ask("query", query="up == 1")["result"], "the first scrape")
        _every_rule_is_evaluated(monitoring)
        _every_panel_is_answered(monitoring)
        with client(environ, f"http://127.0.0.1:{port}", "lin") as lin:
            _a_dead_letter_comes_back(lin, mail)
        process.kill()
        wait_for(lambda: [m for m in people.mails if "ShoushiDown" in str(m)], "the mail to people")
    finally:
        monitoring.stop()
        relay.stop()


def _every_rule_is_evaluated(monitoring: Monitoring) -> None:
    shipped = yaml.safe_load((SHIPPED / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
    wanted = {rule["alert"] for group in shipped["groups"] for rule in group["rules"]}

    def found() -> list[dict[str, Any]]:
        return [rule for group in monitoring.ask("rules")["groups"] for rule in group["rules"]]

    wait_for(lambda: all(rule["health"] != "unknown" for rule in found()), "the first evaluation")
    assert {rule["name"] for rule in found()} == wanted
    assert {rule["name"]: rule.get("lastError") for rule in found() if rule["health"] != "ok"} == {}
    named = {name for rule in found() for name in AT_REST.findall(rule["query"])}
    seen = {name for name in named if monitoring.ask("series", **{"match[]": name})}
    assert named - seen <= set(ONLY_ONCE_IT_HAPPENS) <= named


def _every_panel_is_answered(monitoring: Monitoring) -> None:
    boards = [json.loads(file.read_text(encoding="utf-8")) for file in (SHIPPED / "grafana").glob("*.json")]
    asked = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    assert asked
    for expression in asked:
        monitoring.ask("query", query=expression.replace("$__rate_interval", "1m"))


def _a_dead_letter_comes_back(lin: httpx.Client, mail: MailServer) -> None:
    mail.box.refused |= dict.fromkeys(("lin@example.test", "wang@example.test"), "550 no such user")
    fault = {"fault_class": "system_major", "modules": ["receipts"], "payers": ["suixi"]}
    assert lin.post("/incidents", json={"title": "收文登记无法保存", **fault}).is_success
    page = str(lin.base_url).removesuffix("/api/v1/") + "/alerts"
    wait_for(lambda: "有消息最终未送达" in lin.get(page).text, "the alert in our own list")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared Prometheus rules are not beside this checkout")
def test_the_shared_rules_load_in_prometheus() -> None:
    need("promtool")
    files = sorted(map(str, SHARED.glob("*.yml")))
    ran = subprocess.run(["promtool", "check", "rules", *files], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("SUCCESS") == len(files)
