"""The table of classes: every alert of the usual exporters has a row, and the row decides as reviewed."""

from __future__ import annotations

from contextvars import copy_context
from pathlib import Path

import pytest

from incidents.intake import classes
from incidents.intake.classes import Table, classify
from kernel.errors import ConfigError
from kernel.web.i18n import use_language
from sla.contract_file import load_contract
from tests.support.alerts import alert

TABLE = classes.table_of(None)
CONTRACT = load_contract("huaibei-2025")
RULES = Path(__file__).parents[4] / "shared" / "data" / "prometheus-rules"


SPANS = "[minutes]\nwindow=1\ndamping=1\noldest_start=1\n"


def class_of(name: str, **more: object) -> str:
    return classify(TABLE, CONTRACT, alert(name, **more))[0]


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("HostSoftwareRaidDiskFailure", {}, "hardware"),
        ("BlackboxProbeSlowPing", {}, "line_general"),
        ("BlackboxProbeFailed", {"job": "icmp-lines"}, "line_general"),
        ("BlackboxProbeFailed", {"job": "pages"}, "system_general"),
        ("PostgresqlDown", {}, "system_general"),
        ("AnythingElse", {}, "system_general"),
        ("AnythingElse", {"line": "xiangshan-1"}, "line_general"),
    ],
)
def test_the_first_row_that_covers_an_alert_decides(name: str, labels: dict[str, str], expected: str) -> None:
    assert class_of(name, labels=labels) == expected


def test_a_class_of_the_contract_that_the_alert_states_wins_over_the_table() -> None:
    assert class_of("PostgresqlDown", fault_class="hardware") == "hardware"
    assert class_of("PostgresqlDown", labels={"fault_class": "system_major"}) == "system_major"
    assert class_of("PostgresqlDown", fault_class="nonsense") == "system_general"
    _, rule = classify(TABLE, CONTRACT, alert("PostgresqlDown", fault_class="hardware"))
    assert rule.name == classes.STATED_WORDS


def test_another_citys_contract_gets_its_own_nearest_class() -> None:
    contract = load_contract("yunshan-2026")
    assert classes.in_contract(contract, "hardware") == "device"
    assert classes.in_contract(contract, "line_general") == "ordinary"
    assert classes.in_contract(contract, "core") == "core"


def test_every_class_of_the_table_is_one_that_the_interface_names() -> None:
    known = set(CONTRACT.fault_classes)
    assert {rule.fault_class for rule in TABLE.rules} <= known
    assert len({rule.name for rule in TABLE.rules}) == len(TABLE.rules)
    assert all(rule.name_en for rule in TABLE.rules)


def test_heartbeats_and_mere_information_open_nothing() -> None:
    for each in (alert("Watchdog"), alert("PostgresqlConfigurationChanged", severity="info")):
        assert not TABLE.opens(each, TABLE.rule_for(each))
    down = alert("PostgresqlDown", severity="critical")
    assert TABLE.opens(down, TABLE.rule_for(down))


def names(folder: Path) -> list[str]:
    lines = [line.strip() for path in sorted(folder.glob("*.yml")) for line in path.read_text().splitlines()]
    return [line.removeprefix("- alert:").strip() for line in lines if line.startswith("- alert:")]


@pytest.mark.skipif(not RULES.is_dir(), reason="the shared Prometheus rules are not beside this checkout")
def test_every_alert_of_the_shared_rules_has_a_row_of_its_own() -> None:
    found = names(RULES)
    assert len(found) > 50
    reviewed = {name for rule in TABLE.rules for name in rule.alerts}
    assert [name for name in found if name not in reviewed] == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "rule"),
        (SPANS + "[[rule]]\nname='a'", "name_en"),
        (SPANS + "[[rule]]\nname='a'\nname_en='a'\nfault_class='hardware'\nalerts=['X']", "last rule"),
        ("[[rule]]\nnam='a'", "unknown key nam"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_the_reason(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "classes.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        classes.table_of(path)


def test_an_installation_can_bring_its_own_table(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(SPANS + "[[rule]]\nname='机房'\nname_en='room'\nfault_class='hardware'")
    own: Table = classes.table_of(path)
    assert classify(own, CONTRACT, alert("Anything"))[0] == "hardware"
    assert own.name_of("机房") == "机房"
    assert copy_context().run(_in_english, own, "机房") == "room"


def _in_english(table: Table, name: str) -> str:
    use_language("en")
    return table.name_of(name)
