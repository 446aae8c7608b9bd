"""The worked examples of contract.md §3, told once and judged twice: directly and by the audit command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from sla.cli import audit
from sla.contract_file import parse_contract
from tests.unit.sla.story import HUAIBEI, Line, at, claim, fault, iso, judged, save, with_options

GENERAL = ("09:00", "reported", fault())
ANSWERED = ("09:10", "responded")
HARDWARE = ("09:00", "reported", fault("hardware"))
LINE = ("22:00", "reported", fault("line_general"))
MAJOR = {"fault_class": "system_major"}
FLOOD = ("23:05", "exclusion_claimed", claim("flood", "23:00", "03-04 03:00"))
NINE_TO_FOUR: list[Line] = [
    GENERAL,
    ANSWERED,
    ("12:00", "class_changed", MAJOR),
    ("16:30", "restored"),
]
REOPENED: list[Line] = [
    GENERAL,
    ANSWERED,
    ("11:00", "restored"),
    ("15:00", "restoration_rejected"),
    ("15:00", "reopened"),
]
NIGHT: list[Line] = [LINE, ("22:10", "responded"), FLOOD, ("03-04 08:00", "restored")]


class Example(NamedTuple):
    name: str
    story: list[Line]
    expected: dict[str, Any]
    as_of: str | None = None


def _ten(*rest: Line, payers: tuple[str, ...] = ("city",)) -> list[Line]:
    return [("10:00", "reported", fault(payers=payers)), ("10:10", "responded"), *rest]


BOTH_MET = {"response": "met", "repair": "met", "penalty": "0.00"}
REPAIR_MISSED = {"response": "met", "repair": "missed", "penalty": "2300.00"}

EXAMPLES = [
    Example("1", [GENERAL, ("09:30", "responded"), ("13:00", "restored")], BOTH_MET),
    Example(
        "2",
        [GENERAL, ("09:30:01", "responded"), ("13:00", "restored")],
        {"response": "missed", "repair": "met", "penalty": "2300.00"},
    ),
    Example("3", [GENERAL, ANSWERED, ("13:00:01", "restored")], REPAIR_MISSED),
    Example(
        "4",
        [GENERAL, ("09:30:01", "responded"), ("13:00:01", "restored")],
        {"response": "missed", "repair": "missed", "penalty": "2300.00"},
    ),
    Example(
        "5",
        [("08:50", "detected", fault()), ("09:05", "reported", fault()), ("09:21", "responded")],
        {"response": "missed", "response_due": "09:20"},
    ),
    Example("6", NINE_TO_FOUR, {**REPAIR_MISSED, "provider": "met", "fault_class": "system_general"}),
    Example(
        "7",
        [*NINE_TO_FOUR, ("03-04 09:00", "class_countersigned")],
        {**BOTH_MET, "provider": "met", "fault_class": "system_major"},
    ),
    Example(
        "8",
        [HARDWARE, ANSWERED, ("03-04 04:59", "backup_in_service"), ("03-05 09:00", "device_repaired")],
        {**BOTH_MET, "backup": None},
    ),
    Example(
        "9", [HARDWARE, ANSWERED], {**REPAIR_MISSED, "backup": ("03-04 05:00", "open")}, "03-04 05:00:01"
    ),
    Example("10", [*REOPENED, ("17:00", "restored")], {**BOTH_MET, "counted": 4 * 3600}),
    Example("10 late", [*REOPENED, ("17:00:01", "restored")], {**REPAIR_MISSED, "counted": 4 * 3600 + 1}),
    Example(
        "11",
        [*NIGHT, ("03-04 10:00", "exclusion_approved", {"claim": "flood"})],
        {**BOTH_MET, "counted": 6 * 3600},
    ),
    Example(
        "11 not approved",
        NIGHT,
        {**REPAIR_MISSED, "counted": 10 * 3600, "provider": "met", "provider_counted": 6 * 3600},
    ),
    Example(
        "12",
        _ten(("10:00", "major_declared"), ("13:40", "restored")),
        {**BOTH_MET, "slots": 8, "major": "10:00"},
    ),
    Example("13", _ten(("13:40", "restored"), payers=("duji", "lieshan")), {"slots": 8, "major": "10:00"}),
    Example("14", _ten(("11:45", "restored")), {"slots": 2, "major": "11:00"}),
]
NAMES = [example.name for example in EXAMPLES]


def _seen(entry: dict[str, Any]) -> dict[str, Any]:
    backup = entry["backup_obligation"]
    return {
        "fault_class": entry["fault_class"],
        "response": entry["response"]["state"],
        "response_due": entry["response"]["due_at"],
        "repair": entry["repair"]["state"],
        "provider": entry["provider_view"]["repair"]["state"],
        "penalty": entry["penalty"],
        "slots": entry["slots"],
        "major": entry["major_since"],
        "backup": backup and (backup["due_at"], backup["state"]),
    }


def _wanted(expected: dict[str, Any]) -> dict[str, Any]:
    found = dict(expected)
    for key in ("response_due", "major"):
        if key in found:
            found[key] = iso(found[key])
    if found.get("backup"):
        found["backup"] = (iso(found["backup"][0]), found["backup"][1])
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_judge_gives_the_example_its_result(example: Example) -> None:
    verdict = judged(example.story, example.as_of)
    result = verdict.as_dict()
    seen = _seen(result) | {
        "counted": verdict.repair.counted_seconds,
        "provider_counted": verdict.provider_repair.counted_seconds,
    }
    wanted = _wanted(example.expected)
    assert {key: seen[key] for key in wanted} == wanted


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_the_audit_command_gives_the_example_its_result(example: Example, tmp_path: Path) -> None:
    path = save(tmp_path / "log.jsonl", {example.name: example.story})
    extra = ["--as-of", iso(example.as_of)] if example.as_of else []
    run = CliRunner().invoke(audit, [str(path), "--format", "events", "--json", "--details", *extra])
    assert run.exit_code == 0, run.output
    [entry] = json.loads(run.stdout)["details"]
    seen = _seen(entry) | {
        "counted": entry["counted_seconds"],
        "provider_counted": entry["provider_view"]["counted_seconds"],
    }
    wanted = _wanted(example.expected)
    assert entry["incident"] == example.name
    assert {key: seen[key] for key in wanted} == wanted


def test_all_examples_in_one_shuffled_file_give_the_sums(tmp_path: Path) -> None:
    told = [example for example in EXAMPLES if example.as_of is None]
    path = save(tmp_path / "log.jsonl", {example.name: example.story for example in told})
    rows = path.read_text().splitlines()
    path.write_text("\n".join(reversed(rows)))
    run = CliRunner().invoke(audit, [str(path), "--format", "events", "--json"])
    figures = json.loads(run.stdout)
    assert figures["incidents"] == len(told)
    assert figures["response"] == {"met": len(told) - 3, "missed": 3, "pending": 0}
    assert figures["penalty_total"] == f"{2300 * figures['penalty_cases']}.00"


def test_two_missed_clocks_cost_twice_only_when_cases_are_counted_by_clock() -> None:
    story = next(example.story for example in EXAMPLES if example.name == "4")
    by_clock = judged(story, contract=with_options(penalty_per='"clock"'))
    assert (by_clock.penalty_cases, str(by_clock.penalty)) == (2, "4600.00")


@pytest.mark.parametrize(
    ("payers", "penalty"),
    [(["city"], "900.00"), (["suixi", "duji"], "800.00"), (["elsewhere"], "0.00"), ([], "0.00")],
)
def test_the_shares_of_the_payers_touched_are_the_base_by_option(payers: list[str], penalty: str) -> None:
    contract = with_options(penalty_base='"affected_payers"')
    verdict = judged([("09:00", "reported", fault(payers=payers)), ("09:31", "responded")], contract=contract)
    assert (verdict.penalty_cases, str(verdict.penalty)) == (1, penalty)


def test_a_case_is_rounded_half_up_to_the_fen() -> None:
    text = HUAIBEI.text.replace('"2300000.00"', '"2300005.00"').replace('"900000.00"', '"900005.00"')
    contract = parse_contract(text, "odd.toml")
    assert str(judged([GENERAL, ("09:31", "responded")], contract=contract).penalty) == "2300.01"


def test_occurrence_starts_the_clock_only_by_option() -> None:
    story: list[Line] = [("09:00", "reported", fault(occurred_at=iso("08:40"))), ("09:15", "responded")]
    assert judged(story).response.state == "met"
    early = judged(story, contract=with_options(start='"occurred"'))
    assert (early.started_at, early.response.state) == (at("08:40"), "missed")


def test_a_countersigned_change_is_met_in_both_views_and_was_missed_before() -> None:
    story = next(example.story for example in EXAMPLES if example.name == "7")
    assert judged(story, "03-04 08:59:59").repair.state == "missed"
    assert judged(story, "03-04 09:00").repair.state == "met"


@pytest.mark.parametrize(
    ("penalised", "per", "penalty"),
    [("false", "incident", "0.00"), ("true", "incident", "2300.00"),
     ("false", "clock", "0.00"), ("true", "clock", "2300.00")],
)  # fmt: skip
def test_a_broadcast_that_nobody_sent_costs_only_by_option(penalised: str, per: str, penalty: str) -> None:
    story = next(example.story for example in EXAMPLES if example.name == "12")
    verdict = judged(story, contract=with_options(broadcast_penalised=penalised, penalty_per=f'"{per}"'))
    assert (verdict.slots, verdict.slots_missed, str(verdict.penalty)) == (8, 8, penalty)
