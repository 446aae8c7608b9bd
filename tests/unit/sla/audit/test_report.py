"""The same figures everywhere: JSON, screen and workbook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sla.audit.xlsx import cell_value
from tests.unit.sla.audit.tickets import figures, run, save, ticket
from tests.unit.sla.story import Line, fault, iso
from tests.unit.sla.story import save as save_events


@pytest.fixture
def log(tmp_path: Path) -> Path:
    first = ticket(("Active", "09:40", "3 - Moderate"), ("Resolved", "14:00", "3 - Moderate"))
    second = ticket(("New", "14:00", "1 - Critical"), number="INC2", opened="03-03-2025 13:50")
    return save(tmp_path / "log.csv", first, second)


def test_the_figures_of_json_are_these(log: Path) -> None:
    found = figures(log)
    details = found.pop("details")
    assert len(details) == 2
    digest = found.pop("contract")["digest"]
    assert len(digest) == 64
    assert found == {
        "as_of": "2025-03-03T14:00:00+08:00",
        "incidents": 2,
        "response": {"met": 0, "missed": 1, "pending": 1},
        "repair": {"met": 0, "missed": 1, "pending": 1},
        "provider_view": {"repair": {"met": 0, "missed": 1, "pending": 1}},
        "penalty_cases": 1,
        "penalty_total": "2300.00",
        "data_faults": 0,
        "excluded": 0,
        "unobserved": 0,
    }


def test_a_detail_has_these_keys(log: Path) -> None:
    assert figures(log)["details"][0] == {
        "incident": "INC1",
        "fault_class": "system_general",
        "response": {"state": "missed", "due_at": "2025-03-03T09:30:00+08:00"},
        "repair": {"state": "missed"},
        "counted_seconds": 18000,
        "provider_view": {"repair": {"state": "missed"}, "counted_seconds": 18000},
        "major_since": "2025-03-03T10:00:00+08:00",
        "slots": 8,
        "backup_obligation": None,
        "penalty": "2300.00",
    }


def test_details_are_given_only_when_asked(log: Path) -> None:
    assert "details" not in json.loads(run(log, "--json").stdout)
    assert "INC1" not in run(log).stdout
    assert "INC1" in run(log, "--details").stdout


def test_the_screen_shows_the_same_figures_in_aligned_chinese(log: Path) -> None:
    lines = run(log).stdout.splitlines()
    assert "违约金（元）  2300.00" in lines
    assert "响应              0     1     1" in lines
    assert "修复（合同结论）  0     1     1" in lines


def test_nothing_but_the_result_is_written_when_no_terminal_watches(log: Path) -> None:
    assert run(log, "--json").stderr == ""


def test_the_workbook_holds_the_same_figures(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "audit.xlsx"
    assert run(log, "--xlsx", str(path)).exit_code == 0
    book = load_workbook(path)
    sums = {row[0]: row[1:] for row in book["汇总"].iter_rows(values_only=True)}
    assert (sums["故障"][0], sums["违约金（元）"][0]) == (2, "2300.00")
    assert sums["响应"] == (0, 1, 1)
    rows = list(book["明细"].iter_rows(values_only=True))
    assert rows[1][:6] == ("INC1", "system_general", "超时", "2025-03-03T09:30:00+08:00", "超时", 18000)
    assert rows[2][0] == "INC2"


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_can_be_a_formula(lead: str) -> None:
    assert cell_value(f"{lead}1+1") == f"'{lead}1+1"


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("012", "012"), ("9" * 20, "9" * 20), ("２", "２"), ("a\x01b", "ab")]
)
def test_only_plain_whole_numbers_become_numbers(text: str, value: object) -> None:
    assert cell_value(text) == value


STORIES: dict[str, list[Line]] = {
    "误报": [("09:00", "reported", fault()), ("09:10", "false_alarm_agreed")],
    "盲区": [("09:00", "reported", fault()), ("09:20", "blind_from"), ("09:40", "blind_to")],
    "演练": [("09:00", "detected", fault(drill=True))],
    "后来": [("12:00", "detected", fault())],
}


def test_excluded_and_unobserved_incidents_are_counted_apart(tmp_path: Path) -> None:
    path = save_events(tmp_path / "log.jsonl", STORIES)
    found = figures(path, "--as-of", iso("11:00"), form="events")
    assert (found["incidents"], found["excluded"], found["unobserved"]) == (3, 1, 1)
    assert found["response"] == {"met": 0, "missed": 1, "pending": 0}
    assert found["repair"] == {"met": 0, "missed": 0, "pending": 2}
    assert found["penalty_cases"] == 0


def test_for_events_now_is_the_latest_time_in_the_file(tmp_path: Path) -> None:
    found = figures(save_events(tmp_path / "log.jsonl", STORIES), form="events")
    assert (found["as_of"], found["incidents"]) == (iso("12:00"), 4)


def test_a_time_without_an_offset_is_read_in_the_contracts_zone(tmp_path: Path) -> None:
    path = save_events(tmp_path / "log.jsonl", STORIES)
    assert figures(path, "--as-of", "2025-03-03 11:00", form="events")["as_of"] == iso("11:00")


def test_another_contract_may_be_a_file(log: Path, tmp_path: Path) -> None:
    from tests.unit.sla.story import HUAIBEI

    other = tmp_path / "other.toml"
    text = HUAIBEI.text.replace('penalty.per = "incident"', 'penalty.per = "clock"')
    other.write_text(text, encoding="utf-8")
    assert figures(log, "--contract", str(other))["penalty_total"] == "4600.00"
