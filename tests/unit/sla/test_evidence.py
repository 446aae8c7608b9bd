"""Evidence recomputes with nothing but itself, and every tampering shows."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sla.cli import verify
from sla.contract_file import parse_contract
from sla.evidence import build_evidence, read_evidence, verify_evidence
from tests.unit.sla.story import HUAIBEI, Line, at, claim, events, fault, judged, with_options

STORY: list[Line] = [
    ("09:00", "reported", fault(title="公文无法签收", reporter="李四")),
    ("09:10", "responded", {"text": "已派人"}),
    ("09:40", "exclusion_claimed", claim("flood", "10:00", "11:00")),
    ("12:00", "class_changed", {"fault_class": "system_major"}),
    ("13:30", "restored"),
    ("14:00", "exclusion_approved", {"claim": "flood"}),
]


def evidence(story: list[Line] = STORY, as_of: str = "15:00") -> dict[str, Any]:
    found = build_evidence(HUAIBEI.text, events(story), at(as_of), judged(story, as_of), incident="GZ-1")
    return json.loads(json.dumps(found, ensure_ascii=False))


def test_untouched_evidence_has_no_problems() -> None:
    assert verify_evidence(evidence()) == []


def test_evidence_carries_its_own_contract() -> None:
    other = with_options(penalty_per='"clock"')
    verdict = judged(STORY, "15:00", other)
    found = build_evidence(other.text, events(STORY), at("15:00"), verdict)
    assert verify_evidence(json.loads(json.dumps(found))) == []
    assert parse_contract(found["contract"], "x").options.penalty_per == "clock"


def test_events_after_the_as_of_time_are_left_out() -> None:
    assert [line["event"] for line in evidence(as_of="09:10")["events"]] == ["reported", "responded"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON document."""
    if isinstance(value, dict | list) and value:
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, key))
    else:
        yield path


def changed(value: Any) -> Any:
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else "0"


def at_path(document: dict[str, Any], path: tuple[Any, ...]) -> tuple[Any, Any]:
    for step in path[:-1]:
        document = document[step]
    return document, path[-1]


@pytest.mark.parametrize("path", list(leaves(evidence())), ids=str)
def test_a_change_of_any_value_shows(path: tuple[Any, ...]) -> None:
    tampered = evidence()
    holder, key = at_path(tampered, path)
    holder[key] = changed(holder[key])
    assert verify_evidence(tampered)


@pytest.mark.parametrize("path", list(leaves(evidence())), ids=str)
def test_removing_any_value_shows(path: tuple[Any, ...]) -> None:
    tampered = evidence()
    holder, key = at_path(tampered, path)
    del holder[key]
    assert verify_evidence(tampered)


def test_any_changed_byte_of_the_contract_shows() -> None:
    whole = evidence()
    for place in range(0, len(HUAIBEI.text), 997):
        text = HUAIBEI.text[:place] + chr(ord(HUAIBEI.text[place]) ^ 1) + HUAIBEI.text[place + 1 :]
        assert verify_evidence({**whole, "contract": text})


def rehashed(tampered: dict[str, Any]) -> dict[str, Any]:
    """The tampered file with its closing digest made to fit, as somebody careful would leave it."""
    from sla.evidence import _closing

    return {**tampered, "digest": _closing(tampered)}


def _drop(rows: list[Any]) -> None:
    del rows[2]


def _cut(rows: list[Any]) -> None:
    del rows[-1]


def _swap(rows: list[Any]) -> None:
    rows[1], rows[2] = rows[2], rows[1]


def _repeat(rows: list[Any]) -> None:
    rows.append(copy.deepcopy(rows[-1]))


@pytest.mark.parametrize("damage", [_drop, _cut, _swap, _repeat])
def test_truncation_and_reordering_show_even_under_a_new_digest(damage: Callable[[list[Any]], None]) -> None:
    for keys in (("events",), ("links",), ("events", "links")):
        tampered = evidence()
        for key in keys:
            damage(tampered[key])
        assert verify_evidence(rehashed(tampered)), keys


def test_the_place_of_a_changed_event_is_named() -> None:
    tampered = evidence()
    tampered["events"][4]["at"] = "2025-03-03T05:00:00+00:00"
    assert any("第 5 条事件" in problem for problem in verify_evidence(rehashed(tampered)))


def test_a_flattered_result_is_recomputed() -> None:
    tampered = evidence(STORY[:2], "14:00")
    tampered["result"]["repair"]["state"] = "met"
    assert any("结论不符：repair" in problem for problem in verify_evidence(rehashed(tampered)))


@pytest.mark.parametrize(
    "change",
    [
        {"form": "shoushi-evidence-0"},
        {"events": "none"},
        {"events": [[]]},
        {"as_of": "never"},
        {"as_of": "2025-03-01T00:00:00+08:00"},
        {"contract": "key = "},
        {"incident": "GZ-2"},
        {"result": {}},
        {"digest": 5},
        {"extra": 1},
    ],
)
def test_evidence_that_makes_no_sense_is_a_problem_and_no_crash(change: dict[str, Any]) -> None:
    assert verify_evidence({**evidence(), **change})


def run(path: Path) -> tuple[int, str]:
    found = CliRunner().invoke(verify, [str(path)])
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return found.exit_code, found.output


def test_the_command_says_yes_or_names_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "证据.json"
    path.write_text(json.dumps(evidence(), ensure_ascii=False, indent=2), encoding="utf-8")
    assert run(path)[0] == 0
    path.write_text(path.read_text(encoding="utf-8").replace("已派人", "未派人"), encoding="utf-8")
    code, output = run(path)
    assert (code, "摘要不符" in output) == (1, True)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", ":1:1"),
        (b"[1, 2]", ":1:1"),
        (b'{"form": 1,\n "form": 2}', "twice"),
        (b'{"form":\n ?}', ":2:2"),
        (b'{"form":\n "\xff"}', ":2"),
        (b"[" * 100_000, "JSON"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": "\\ud800"}', "JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSON"),
    ],
)
def test_a_file_that_is_no_json_is_refused_with_its_place(content: bytes, place: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    code, output = run(path)
    assert (code, place in output) == (2, True), output


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    code, _ = run(tmp_path / name)
    assert code == 2


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(evidence()), encoding="utf-8-sig")
    assert verify_evidence(read_evidence(str(path))) == []
