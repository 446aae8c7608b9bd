"""What the content promises on paper: every scenario is complete, and Ansible can read it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.playbooks.lab import CONTENT, SCENARIOS, ansible, scenario

NAMES = sorted(p.parent.name for p in SCENARIOS.glob("*/scenario.yml"))
LIVE = [name for name in NAMES if scenario(name)["form"] == "live"]
CONTRACT = CONTENT.parents[1] / "sla" / "contracts" / "huaibei-2025.toml"
CLASSES = {each["key"] for each in tomllib.loads(CONTRACT.read_text(encoding="utf-8"))["fault_class"]}
SHARED = [CONTENT / "deadman_refresh.yml", *sorted(CONTENT.glob("repairs/*/repair.yml"))]
KINDS = {
    "http": {"url", "expect"},
    "tcp": {"host", "port"},
    "sql": {"dsn", "query", "expect"},
    "sql_write": {"dsn"},
    "smtp": {"host", "port"},
    "tls_days": {"host", "port", "min_days"},
    "file_free": {"path", "min_mb"},
}


def texts(value: Any, path: str = "") -> list[str]:
    """Return where a text lacks one of its two languages."""
    if isinstance(value, dict):
        if "zh" in value or "en" in value:
            return [] if value.get("zh") and value.get("en") else [path]
        return [found for key, each in value.items() for found in texts(each, f"{path}/{key}")]
    if isinstance(value, list):
        return [found for n, each in enumerate(value) for found in texts(each, f"{path}/{n}")]
    return []


def playbooks(described: dict[str, Any]) -> list[str]:
    """Return every playbook that a scenario names."""
    found = [*described.get("lab", {}).values(), described.get("verify")]
    found += [each.get("playbook") for each in (*described["response"], *described.get("rollback", []))]
    for each in described.get("injections", []):
        found += [each["playbook"], each["undo"]]
    return [name for name in dict.fromkeys(found) if name]


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_says_everything_that_a_drill_needs(name: str) -> None:
    described = scenario(name)
    assert described["id"] == name
    assert {"title", "summary", "form", "fault_class", "article", "blast_radius", "tier", "response"} <= set(
        described
    )
    assert described["fault_class"] in CLASSES
    assert described["tier"] in ("lab", "staging", "production")
    assert texts(described) == []
    assert all(each.get("limit") for each in described["response"])
    steps = [each["id"] for each in described["response"]]
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize("name", LIVE)
def test_a_live_scenario_can_be_seen_undone_and_taken_down(name: str) -> None:
    described = scenario(name)
    assert {"undo", "needs", "vars", "lab", "probes", "rollback", "verify", "success"} <= set(described)
    assert all(each["undo"] and each["deadman"] >= 30 and each["timeout"] for each in described["injections"])
    assert [each["id"] for each in described["response"] if each["kind"] == "human"], "somebody must answer"
    seen = described["probes"]
    named = [*described["steady_state"], *described["success"]["must"]]
    assert set(named) | {each["probe"] for each in described.get("abort_if", [])} <= set(seen)
    for probe, each in seen.items():
        assert each["kind"] in KINDS, probe
        assert KINDS[each["kind"]] <= set(each), probe


@pytest.mark.parametrize("name", LIVE)
def test_named_playbooks_exist_and_hosts_are_those_of_both_inventories(name: str) -> None:
    described, folder = scenario(name), SCENARIOS / name
    assert [each for each in playbooks(described) if not (folder / each).is_file()] == []
    for inventory in ("inventory.local.yml", "inventory.example.yml"):
        groups = yaml.safe_load((folder / inventory).read_text(encoding="utf-8"))["all"]["children"]
        assert set(groups["targets"]["hosts"]) == set(described["targets"]), inventory


@pytest.mark.parametrize("name", NAMES)
def test_a_tabletop_has_people_only(name: str) -> None:
    described = scenario(name)
    if described["form"] == "tabletop":
        assert playbooks(described) == []
        assert {each["kind"] for each in described["response"]} == {"human"}


@pytest.mark.slow
@pytest.mark.parametrize("folder", [*LIVE, ""])
def test_ansible_can_read_every_playbook(folder: str) -> None:
    """One process per scenario; without a folder, the repairs and the shared playbook."""
    found = [SCENARIOS / folder / each for each in playbooks(scenario(folder))] if folder else SHARED
    inventory = SCENARIOS / (folder or "process_crash") / "inventory.local.yml"
    given = ["-e", "lab_dir=/nowhere", "-e", "port_base=20000"]
    ran = ansible("ansible-playbook", "--syntax-check", "-i", str(inventory), *given, *map(str, found))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_folder_holds_a_scenario() -> None:
    assert sorted(p.name for p in SCENARIOS.iterdir() if p.is_dir()) == NAMES


def plays(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_no_play_gathers_facts() -> None:
    for path in [*SCENARIOS.glob("*/*.yml"), *SHARED]:
        for play in plays(path) if not path.name.startswith(("scenario", "inventory")) else []:
            assert "ansible.builtin.import_playbook" in play or play["gather_facts"] is False, path


def test_no_secret_is_written_down() -> None:
    for name in LIVE:
        for key, value in scenario(name)["vars"].items():
            if key.endswith("_password"):
                assert value == "", f"{name}: {key} is made up by the engine"
