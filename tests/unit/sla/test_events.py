"""The interchange form of events: what is read, what is refused and where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sla.events import EVENT_TYPES, EventError, parse_data, parse_event, parse_time, to_interchange
from tests.unit.sla.story import HUAIBEI, claim, fault, iso, lines

CLASSES = HUAIBEI.fault_classes
API_TYPES = [
    "responded",
    "progress",
    "restored",
    "restoration_accepted",
    "restoration_rejected",
    "backup_in_service",
    "device_repaired",
    "reopened",
    "closed",
    "scope_changed",
    "major_declared",
    "exclusion_claimed",
    "exclusion_approved",
    "exclusion_refused",
    "class_changed",
    "class_countersigned",
    "class_refused",
    "false_alarm_claimed",
    "false_alarm_agreed",
    "false_alarm_refused",
    "merged_into",
    "merge_agreed",
    "note",
    "broadcast_sent",
    "blind_from",
    "blind_to",
]


def test_every_type_of_the_interface_is_known_and_has_a_chinese_label() -> None:
    assert set(EVENT_TYPES) == {"detected", "reported", *API_TYPES}
    assert all(not known.label.isascii() for known in EVENT_TYPES.values())


def test_times_are_kept_in_utc() -> None:
    [line] = lines([("09:00", "reported", fault(occurred_at=iso("08:40")))])
    incident, event = parse_event(line, 7, CLASSES)
    assert (incident, event.type, event.seq) == ("GZ-1", "reported", 7)
    assert event.at == datetime(2025, 3, 3, 1, tzinfo=UTC)
    assert event.at.tzinfo is UTC
    assert event.data["occurred_at"] == datetime(2025, 3, 3, 0, 40, tzinfo=UTC)


@pytest.mark.parametrize("extra", [{}, {"text": "已恢复"}, {"actor": "张三", "version": 3}])
def test_an_event_comes_back_from_its_interchange_form(extra: dict[str, Any]) -> None:
    for line in lines([("09:00", "reported", fault()), ("09:30", "exclusion_claimed", claim("a", "09:00"))]):
        _, event = parse_event({**line, **extra}, 1, CLASSES)
        assert parse_event(to_interchange("GZ-1", event), 1, CLASSES) == ("GZ-1", event)


def test_null_counts_as_absent() -> None:
    assert "to" not in parse_data("exclusion_claimed", claim("a", "09:00"), CLASSES)


def test_a_number_of_an_incident_may_be_a_whole_number() -> None:
    assert parse_event({"incident": 14, "at": iso("09:00"), "event": "note"}, 1, CLASSES)[0] == "14"


NOTE = {"incident": "a", "at": iso("09:00"), "event": "note"}
REPORT = {**NOTE, "event": "reported", **fault()}
CLAIM = {**NOTE, "event": "exclusion_claimed", **claim("a", "09:00", "10:00")}
SENT = {**NOTE, "event": "broadcast_sent", "due_at": iso("09:00")}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ([], "event"),
        ("text", "event"),
        ({**NOTE, "incident": " "}, "incident"),
        ({**NOTE, "incident": None}, "incident"),
        ({**NOTE, "incident": True}, "incident"),
        ({**NOTE, "event": "exploded"}, "event"),
        ({**NOTE, "event": ["note"]}, "event"),
        ({**NOTE, "at": None}, "at"),
        ({**NOTE, "at": 20250303}, "at"),
        ({**NOTE, "at": "2025-03-03 09:00"}, "at"),
        ({**NOTE, "at": "2025-02-30T09:00:00+08:00"}, "at"),
        ({**NOTE, "at": "9999-12-31T23:59:59+08:00"}, "at"),
        ({**NOTE, "at": "0001-01-01T00:00:00+08:00"}, "at"),
        ({**NOTE, "text": 5}, "text"),
        ({**NOTE, "text": "长" * 20_001}, "text"),
        ({**REPORT, "fault_class": None}, "fault_class"),
        ({**REPORT, "fault_class": "meteor"}, "fault_class"),
        ({**REPORT, "modules": "documents"}, "modules"),
        ({**REPORT, "payers": [1]}, "payers"),
        ({**REPORT, "drill": "yes"}, "drill"),
        ({**CLAIM, "claim": None}, "claim"),
        ({**CLAIM, "reason": "weather"}, "reason"),
        ({**CLAIM, "from": None}, "from"),
        ({**CLAIM, "to": iso("08:59")}, "to"),
        ({**SENT, "slot": -1}, "slot"),
        ({**SENT, "slot": True}, "slot"),
        ({**SENT, "due_at": None}, "due_at"),
    ],
)
def test_what_cannot_be_read_names_its_field_in_chinese(line: Any, field: str) -> None:
    with pytest.raises(EventError) as caught:
        parse_event(line, 1, CLASSES)
    assert caught.value.field == field
    assert not caught.value.message.isascii()


def test_names_outside_the_contract_are_plain_names() -> None:
    _, event = parse_event({**REPORT, "modules": ["某模块"], "payers": ["某单位"]}, 1, CLASSES)
    assert (event.data["modules"], event.data["payers"]) == (["某模块"], ["某单位"])


def test_a_time_that_is_one_already_only_needs_an_offset() -> None:
    now = datetime(2025, 3, 3, 1, tzinfo=UTC)
    assert parse_time(now, "at") == now
    with pytest.raises(EventError, match="时区"):
        parse_time(now.replace(tzinfo=None), "at")
