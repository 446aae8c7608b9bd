"""The life of an incident: what may happen in which state, and why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents import rules
from sla.events import EVENT_TYPES, Event

START = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
LIMITS = {"system_general": 4, "line_general": 6, "system_major": 8, "hardware": 20}

STATES = (
    "open",
    "responded",
    "in_repair",
    "restored",
    "confirmed",
    "closed",
    "reopened",
    "merged",
    "false_alarm",
)
_UP = ("responded", "progress", "restored", "restoration_accepted", "closed")
REACHED_BY: dict[str, tuple[str, ...]] = {
    **{state: _UP[:n] for n, state in enumerate(STATES[:6])},
    "reopened": ("responded", "restored", "restoration_rejected"),
    "merged": ("merged_into", "merge_agreed"),
    "false_alarm": ("false_alarm_claimed", "false_alarm_agreed"),
}
WHY = {
    "E": "不能再处置",
    "A": "已经响应过",
    "U": "服务已经恢复，不能重复",
    "D": "不能再宣布重大",
    "H": "只有硬件故障",
    "R": "只有“已恢复待确认”",
    "N": "故障尚未恢复",
    "C": "甲方确认恢复之后才能关闭",
    "X": "没有剔除申请",
    "W": "没有待会签",
    "F": "没有待决定的误报",
    "M": "没有待决定的合并",
}
#                          open responded in_repair restored confirmed closed reopened merged false_alarm
TABLE = {
    "responded":            ". A A A A E A E E",
    "progress":             ". . . . . E . E E",
    "restored":             ". . . U U E . E E",
    "backup_in_service":    "H H H H H H H H H",
    "device_repaired":      "H H H H H E H E E",
    "restoration_accepted": "R R R . R R R R R",
    "restoration_rejected": "R R R . R R R R R",
    "reopened":             "N N N . . . . N N",
    "closed":               "C C C C . C C C C",
    "scope_changed":        ". . . . . E . E E",
    "major_declared":       ". . . D D E . E E",
    "exclusion_claimed":    ". . . . . E . E E",
    "exclusion_approved":   "X X X X X X X X X",
    "exclusion_refused":    "X X X X X X X X X",
    "class_changed":        ". . . . . E . E E",
    "class_countersigned":  "W W W W W W W W W",
    "class_refused":        "W W W W W W W W W",
    "false_alarm_claimed":  ". . . . . E . E E",
    "false_alarm_agreed":   "F F F F F F F F F",
    "false_alarm_refused":  "F F F F F F F F F",
    "merged_into":          ". . . . . E . E E",
    "merge_agreed":         "M M M M M M M M M",
    "note":                 ". . . . . . . . .",
    "detected":             ". . . . . . . . .",
    "reported":             ". . . . . . . . .",
    "broadcast_sent":       ". . . . . . . . .",
    "blind_from":           ". . . . . . . . .",
    "blind_to":             ". . . . . . . . .",
}  # fmt: skip
CELLS = [(kind, s, cell) for kind, row in TABLE.items() for s, cell in zip(STATES, row.split(), strict=True)]


def told(*kinds: Any, fault_class: str = "system_general") -> rules.Life:
    """Fold events, ten minutes apart; an event is its type, or (type, fields)."""
    life = rules.Life(timedelta(hours=24), lambda key: key == "hardware")
    pairs = [
        ("reported", {"fault_class": fault_class}),
        *((k, {}) if isinstance(k, str) else k for k in kinds),
    ]
    for n, (kind, fields) in enumerate(pairs):
        happen(life, kind, START + n * timedelta(minutes=10), **fields)
    return life


def happen(life: rules.Life, kind: str, at: datetime = START + timedelta(hours=2), **fields: Any) -> None:
    life.apply(Event(at, kind, fields, 0), lengthens=lambda old, new: LIMITS[new] > LIMITS[old])


def test_the_table_has_every_type_and_every_state() -> None:
    assert set(TABLE) == set(EVENT_TYPES)
    assert set(STATES) == set(rules.STATE_LABELS)


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_reached(state: str) -> None:
    assert told(*REACHED_BY[state]).state == state


@pytest.mark.parametrize(("kind", "state", "cell"), CELLS)
def test_what_may_happen_in_which_state(kind: str, state: str, cell: str) -> None:
    life = told(*REACHED_BY[state])
    fields = {"fault_class": "system_major", "claim": "C1", "into": "F1"}
    if cell == ".":
        happen(life, kind, **fields)
    else:
        with pytest.raises(rules.Impossible, match=WHY[cell]):
            happen(life, kind, **fields)
        assert life.state == state


AFTER = {
    "responded": "responded",
    "restored": "restored",
    "scope_changed": "open",
    "note": "open",
    "major_declared": "open",
    "merged_into": "open",
    "false_alarm_claimed": "open",
}


@pytest.mark.parametrize(("kind", "state"), AFTER.items())
def test_where_an_event_leads_from_open(kind: str, state: str) -> None:
    assert told(kind).state == state


def test_an_automatic_answer_is_no_response() -> None:
    life = told(("responded", {"automatic": True}))
    assert (life.responded, life.state) == (False, "open")
    happen(life, "responded")
    assert life.state == "responded"


def test_a_response_after_restoration_leaves_the_state() -> None:
    assert told("restored", "responded").state == "restored"


@pytest.mark.parametrize(("late", "allowed"), [(0, True), (1, False)])
def test_a_fault_returns_within_24_hours_or_is_a_new_one(late: int, allowed: bool) -> None:
    life = told("restored")
    again = START + timedelta(minutes=10, hours=24, microseconds=late)
    if allowed:
        happen(life, "reopened", again)
        assert life.state == "reopened"
    else:
        with pytest.raises(rules.Impossible, match="超过24小时"):
            happen(life, "reopened", again)


@pytest.mark.parametrize("decision", ["exclusion_approved", "exclusion_refused"])
def test_a_claim_is_decided_once(decision: str) -> None:
    life = told(("exclusion_claimed", {"claim": "C1"}))
    happen(life, decision, claim="C1")
    with pytest.raises(rules.Impossible, match="已经有决定"):
        happen(life, "exclusion_approved", claim="C1")


def test_a_claim_may_be_decided_after_the_end() -> None:
    life = told(
        "responded", ("exclusion_claimed", {"claim": "C1"}), "restored", "restoration_accepted", "closed"
    )
    happen(life, "exclusion_approved", claim="C1")
    assert (life.claims, life.state) == ({"C1": "approved"}, "closed")


def test_a_claims_id_is_used_once() -> None:
    with pytest.raises(rules.Impossible, match="已经存在"):
        told(("exclusion_claimed", {"claim": "C1"}), ("exclusion_claimed", {"claim": "C1"}))


def test_a_longer_class_waits_for_the_countersignature_a_shorter_one_does_not() -> None:
    longer = told(("class_changed", {"fault_class": "system_major"}))
    assert (longer.fault_class, longer.claimed_classes) == ("system_general", ["system_major"])
    happen(longer, "class_countersigned")
    assert (longer.fault_class, longer.pending_classes) == ("system_major", 0)
    shorter = told(("class_changed", {"fault_class": "system_general"}), fault_class="system_major")
    assert shorter.fault_class == "system_general"


def test_a_refused_class_leaves_the_old_one() -> None:
    life = told(("class_changed", {"fault_class": "system_major"}), "class_refused")
    assert (life.fault_class, life.claimed_classes) == ("system_general", [])


def test_decisions_take_the_latest_undecided_change_first() -> None:
    life = told(
        ("class_changed", {"fault_class": "line_general"}), ("class_changed", {"fault_class": "hardware"})
    )
    happen(life, "class_refused")
    happen(life, "class_countersigned")
    assert life.fault_class == "line_general"


@pytest.mark.parametrize("change", [(), (("class_changed", {"fault_class": "hardware"}),)])
def test_backup_needs_hardware_in_force_or_claimed(change: tuple[Any, ...]) -> None:
    life = told(*change, fault_class="system_general" if change else "hardware")
    happen(life, "backup_in_service")
    happen(life, "device_repaired")
    with pytest.raises(rules.Impossible, match="已登记过"):
        happen(life, "device_repaired")
    assert life.state == "restored"


TWICE = {"major_declared": "已经宣布", "false_alarm_claimed": "已经提出", "merged_into": "已经提出"}


@pytest.mark.parametrize(("kind", "why"), TWICE.items())
def test_what_is_said_once_only(kind: str, why: str) -> None:
    with pytest.raises(rules.Impossible, match=why):
        told(kind, kind)


def test_the_same_class_is_no_change() -> None:
    with pytest.raises(rules.Impossible, match="没有变化"):
        told(("class_changed", {"fault_class": "system_general"}))


def test_a_refused_false_alarm_goes_on_and_may_be_claimed_again() -> None:
    assert told("false_alarm_claimed", "false_alarm_refused", "false_alarm_claimed").false_alarm_pending


def test_a_copy_has_a_life_of_its_own() -> None:
    life = told(("exclusion_claimed", {"claim": "C1"}))
    happen(life.copy(), "exclusion_approved", claim="C1")
    happen(life.copy(), "class_changed", fault_class="hardware")
    assert (life.claims, life.claimed_classes) == ({"C1": "claimed"}, [])


def test_every_type_has_a_party_or_is_the_platforms() -> None:
    assert set(EVENT_TYPES) == rules.PARTY_A | rules.PARTY_B | rules.PLATFORM_ONLY
    assert not (rules.PARTY_A | rules.PARTY_B) & rules.PLATFORM_ONLY
