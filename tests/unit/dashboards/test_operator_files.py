"""What we ship for Prometheus, Alertmanager and Grafana: valid, tested, true to /metrics."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from incidents.intake import classes
from kernel.jobs.worker import Worker
from tests.support.alerts import alert
from tests.support.drills import held
from tests.support.probes import configure, results, trackers
from tests.support.prometheus import need
from tests.support.web import MAJOR, Serving, Site
from tests.support.world import World

SHIPPED = Path(__file__).parents[3] / "dashboards"
PROMETHEUS, ALERTMANAGER = SHIPPED / "prometheus", SHIPPED / "alertmanager"
BOARDS = sorted((SHIPPED / "grafana").glob("*.json"))
METRIC = re.compile(r"\b(?:shoushi_\w+|up)\b")
NOT_OURS = {"up"}
"""Made by Prometheus itself."""
TABLE = classes.table_of(None)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    return [rule for group in read(PROMETHEUS / "rules.yml")["groups"] for rule in group["rules"]]


def panels(board: Path) -> list[dict[str, Any]]:
    return list(json.loads(board.read_text(encoding="utf-8"))["panels"])


def expressions(board: Path) -> list[str]:
    return [target["expr"] for panel in panels(board) for target in panel["targets"]]


def run(*command: str, folder: Path) -> str:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_prometheus_takes_the_rules_and_the_configuration() -> None:
    need("promtool")
    assert f"{len(rules())} rules found" in run("promtool", "check", "rules", "rules.yml", folder=PROMETHEUS)
    run("promtool", "check", "config", "prometheus.yml", folder=PROMETHEUS)


def test_each_alert_fires_and_keeps_quiet_as_its_unit_test_says() -> None:
    need("promtool")
    run("promtool", "test", "rules", "rules_test.yml", folder=PROMETHEUS)


def test_no_alert_is_without_a_test_that_fires_it_and_one_that_does_not() -> None:
    tried = [
        (case["alertname"], bool(case["exp_alerts"]))
        for test in read(PROMETHEUS / "rules_test.yml")["tests"]
        for case in test["alert_rule_test"]
    ]
    assert set(tried) == {(rule["alert"], fires) for rule in rules() for fires in (True, False)}


def test_alertmanager_takes_the_configuration_and_hands_every_alert_to_us_with_a_token_from_a_file() -> None:
    need("amtool")
    assert "SUCCESS" in run("amtool", "check-config", "alertmanager.yml", folder=ALERTMANAGER)
    for labels in ("alertname=ShoushiDown", "alertname=Anything"):
        route = ("amtool", "config", "routes", "test", "--config.file=alertmanager.yml", labels)
        assert "shoushi" in run(*route, folder=ALERTMANAGER)
    ours = next(r for r in read(ALERTMANAGER / "alertmanager.yml")["receivers"] if r["name"] == "shoushi")
    [webhook] = ours["webhook_configs"]
    assert webhook["url"].endswith("/api/v1/alerts/alertmanager")
    assert webhook["send_resolved"] is True
    assert set(webhook["http_config"]["authorization"]) == {"type", "credentials_file"}


def test_what_says_that_the_platform_is_gone_reaches_people_without_it() -> None:
    need("amtool")
    route = ("amtool", "config", "routes", "test", "--config.file=alertmanager.yml", "alertname=ShoushiDown")
    assert run(*route, folder=ALERTMANAGER).strip() == "people,shoushi"


def test_every_alert_of_ours_has_a_row_in_the_reviewed_table() -> None:
    reviewed = {name for rule in TABLE.rules for name in rule.alerts if name.startswith("Shoushi")}
    assert reviewed == {rule["alert"] for rule in rules()}


def test_a_figure_opens_no_incident_and_a_platform_that_fails_does() -> None:
    for rule in rules():
        told = alert(rule["alert"], severity=rule["labels"]["severity"])
        opens = TABLE.opens(told, TABLE.rule_for(told))
        assert opens <= (rule["labels"]["severity"] != "info"), rule["alert"]
        assert opens >= (rule["labels"]["severity"] == "critical" and "Unarmed" not in rule["alert"])


@pytest.fixture
def exported(world: World) -> set[str]:
    """The names that a real /metrics of the running platform says, once every job has run."""
    configure(world)
    results(world, trackers(world)[0], "+--")
    number = world.report("lin", **MAJOR)
    world.happen(number, "responded", text="收到")
    world.run_for(minutes=90)
    held(world)
    worker = Worker(world.platform)
    for job in (job for manifest in world.platform.catalogue.manifests for job in manifest.jobs):
        worker._due[job.name] = 0.0
        worker._run(job, job.every)
    serving = Serving(Site(world).app)
    try:
        text = httpx.get(f"{serving.url}/metrics", timeout=30).text
    finally:
        serving.stop()
    families = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    parts = {f"{name}_{part}" for name in families for part in ("bucket", "sum", "count")}
    samples = set(re.findall(r"^(shoushi_\w+)", text, re.MULTILINE))
    return samples | {p for p in parts if p.rpartition("_")[0] in _histograms(text)} | _labelled(text)


def _histograms(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\w+) histogram", text, re.MULTILINE))


def _labelled(text: str) -> set[str]:
    """Counters that have counted nothing yet are announced without a sample."""
    return set(re.findall(r"^# TYPE (\w+_total) counter", text, re.MULTILINE))


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_every_metric_that_rules_and_boards_name_is_exported(exported: set[str]) -> None:
    asked = [rule["expr"] for rule in rules()] + [e for board in BOARDS for e in expressions(board)]
    for expression in asked:
        named = set(METRIC.findall(expression))
        assert named, expression
        assert named - NOT_OURS <= exported, expression


def test_the_pattern_finds_a_metric_that_nobody_exports() -> None:
    assert METRIC.findall("sum(shoushi_no_such_thing_total) > up") == ["shoushi_no_such_thing_total", "up"]


def test_prometheus_understands_every_expression_of_the_boards(tmp_path: Path) -> None:
    need("promtool")
    found = [e for board in BOARDS for e in expressions(board)]
    plain = [e.replace("$__rate_interval", "5m").replace("$probe", ".*") for e in found]
    assert len(plain) > 30
    records = [{"record": f"board:{n}", "expr": e} for n, e in enumerate(plain)]
    (tmp_path / "boards.yml").write_text(yaml.safe_dump({"groups": [{"name": "b", "rules": records}]}))
    run("promtool", "check", "rules", "boards.yml", folder=tmp_path)


@pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.stem)
def test_a_board_is_one_that_grafana_loads(board: Path) -> None:
    found = json.loads(board.read_text(encoding="utf-8"))
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", found["uid"])
    assert found["title"]
    assert found["schemaVersion"] >= 36
    assert "id" not in found, "an id belongs to one installation"
    [source] = [v for v in found["templating"]["list"] if v["type"] == "datasource"]
    assert (source["name"], source["query"]) == ("datasource", "prometheus")
    ids = [panel["id"] for panel in found["panels"]]
    assert len(ids) == len(set(ids)) > 8
    for panel in found["panels"]:
        assert panel["type"] in ("stat", "timeseries", "table")
        assert panel["title"]
        assert {t["datasource"]["uid"] for t in panel["targets"]} | {panel["datasource"]["uid"]} == {
            "${datasource}"
        }
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.stem)
def test_no_two_panels_of_a_board_overlap(board: Path) -> None:
    seen: set[tuple[int, int]] = set()
    for panel in panels(board):
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not seen & cells, panel["title"]
        seen |= cells


def test_boards_have_names_of_their_own() -> None:
    uids = [json.loads(b.read_text(encoding="utf-8"))["uid"] for b in BOARDS]
    assert len(uids) == len(set(uids)) == 2
