"""What the content promises on paper: the catalogue takes it, and Ansible can read it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks import catalogue, inventory
from tests.e2e.playbooks.lab import CONTENT, SCENARIOS, environment, scenario
from tests.support.zygote import Zygote

NAMES = sorted(p.parent.name for p in SCENARIOS.glob("*/scenario.yml"))
LIVE = [name for name in NAMES if scenario(name)["form"] == "live"]
REPAIRS = sorted(p.parent.name for p in CONTENT.glob("repairs/*/repair.yml"))
CONTRACT = CONTENT.parents[1] / "sla" / "contracts" / "huaibei-2025.toml"
SAYS = tomllib.loads(CONTRACT.read_text(encoding="utf-8"))
CLASSES, CLAUSES = ({each["key"] for each in SAYS[name]} for name in ("fault_class", "clause"))
FIELDS = {
    "http": {"url", "expect"},
    "tcp": {"host", "port"},
    "sql": {"dsn", "query", "expect"},
    "sql_write": {"dsn"},
    "smtp": {"host", "port"},
    "tls_days": {"host", "port", "min_days"},
    "file_free": {"path", "min_mb"},
}


def test_the_catalogue_takes_every_folder() -> None:
    assert sorted(p.name for p in SCENARIOS.iterdir() if p.is_dir()) == NAMES == sorted(catalogue.scenarios())
    assert sorted(p.name for p in (CONTENT / "repairs").iterdir()) == REPAIRS == sorted(catalogue.repairs())


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_names_a_class_of_the_contract_and_people_with_limits(name: str) -> None:
    found = catalogue.scenario(name).what
    assert found.fault_class in CLASSES
    assert found.clause in CLAUSES
    assert [step for step in found.response if step.kind == "human"], "somebody must answer"
    assert all(step.limit > 0 for step in found.response)


@pytest.mark.parametrize("name", LIVE)
def test_a_live_scenario_can_be_seen_measured_and_taken_down(name: str) -> None:
    found = catalogue.scenario(name).what
    assert found.lab
    assert found.verify
    assert set(found.success.must) <= set(found.probes)
    for probe, each in found.probes.items():
        assert FIELDS[each.kind] <= set(each.asked), probe
    assert {"lab_dir", "port_base", "deadman_seconds"} <= set(found.vars)
    assert (SCENARIOS / name / "deadman_refresh.yml").is_file()


@pytest.mark.parametrize("kind", ["local", "example"])
@pytest.mark.parametrize("name", LIVE)
def test_an_inventory_fits_the_scenario(name: str, kind: str, ansible: Zygote, tmp_path: Path) -> None:
    """Every host says its tier, none is left to chance, and no more of them than may suffer."""
    entry = catalogue.scenario(name)
    text = entry.inventory(kind)
    hosts = inventory.read(text)
    groups = yaml.safe_load(text)["all"]["children"]
    assert set(groups["targets"]["hosts"]) == set(entry.what.targets)
    assert {host.tier for host in hosts} == {"lab" if kind == "local" else "staging"}
    assert {host.local for host in hosts} == {kind == "local"}
    assert len(hosts) <= entry.what.blast_radius.hosts
    assert seen_by(ansible, entry.folder / f"inventory.{kind}.yml", tmp_path) == [host.name for host in hosts]


def seen_by(ansible: Zygote, inventory: Path, folder: Path) -> list[str]:
    """Return the hosts that Ansible itself finds in an inventory, sorted."""
    book = folder / "everywhere.yml"
    book.write_text("- {hosts: all, gather_facts: false}\n")
    listing = ("--list-hosts", "-i", str(inventory), str(book))
    ran = ansible.run(("ansible-playbook", *listing), environment(), CONTENT, 60)
    assert ran.returncode == 0, ran.stderr
    return sorted(line.strip() for line in ran.stdout.splitlines() if line.startswith(" " * 6))


@pytest.mark.slow
@pytest.mark.parametrize("name", LIVE)
def test_ansible_can_read_every_playbook(name: str, ansible: Zygote) -> None:
    entry = catalogue.scenario(name)
    found = sorted(p for p in entry.folder.glob("*.yml") if not p.name.startswith(("scenario", "inventory")))
    assert {p.name for p in found} == {*entry.what.playbooks(), "deadman_refresh.yml"}, "none is left over"
    assert unread(ansible, found, entry.folder) == ""


def unread(ansible: Zygote, books: list[Path], folder: Path) -> str:
    """Return what Ansible says of playbooks that it cannot read."""
    given = ("--syntax-check", "-i", str(folder / "inventory.local.yml"), *map(str, books))
    ran = ansible.run(("ansible-playbook", *given), environment(), CONTENT, 60)
    return ran.stderr if ran.returncode else ""


@pytest.mark.slow
def test_ansible_can_read_every_repair(ansible: Zygote) -> None:
    found = [CONTENT / "repairs" / name / "repair.yml" for name in REPAIRS]
    assert unread(ansible, found, SCENARIOS / "process_crash") == ""


def plays(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_plays_gather_no_facts_and_import_nothing_that_the_checksum_does_not_cover() -> None:
    for path in [*SCENARIOS.glob("*/*.yml"), *CONTENT.glob("repairs/*/repair.yml")]:
        if not path.name.startswith(("scenario", "inventory")):
            assert all(play["gather_facts"] is False for play in plays(path)), path
            assert "import_playbook" not in path.read_text(encoding="utf-8"), path


def test_no_secret_is_written_down() -> None:
    for name in LIVE:
        assert [key for key in scenario(name)["vars"] if "password" in key or "secret" in key] == [], name
