"""What may happen to an incident, by whom, and what is refused: on the real log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from incidents import actions, queries, rules, service
from kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from sla.events import EVENT_TYPES
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
pytestmark = SQLITE


def refused(
    world: World, error: type[AppError], number: str, kind: str, who: str = "lin", **fields: Any
) -> Any:
    """Let the event fail; returns the field it names or its code. Nothing may have been written."""
    before = world.kinds(number)
    with pytest.raises(error) as caught:
        world.happen(number, kind, who, **fields)
    assert world.kinds(number) == before
    named = [e.field for e in caught.value.errors]
    return named[0] if named else caught.value.code


WRONG = {
    "unknown type": ("exploded", {}, "type"),
    "detected is the platform's": ("detected", {}, "type"),
    "broadcast_sent is the platform's": ("broadcast_sent", {}, "type"),
    "blind_from is the platform's": ("blind_from", {}, "type"),
    "a response without a reply": ("responded", {"text": "  "}, "text"),
    "a restoration without words": ("restored", {}, "text"),
    "an empty note": ("note", {}, "text"),
    "a class that is none": ("class_changed", {"fault_class": "x"}, "fault_class"),
    "a change without a class": ("class_changed", {}, "fault_class"),
    "a scope without anything": ("scope_changed", {}, "modules"),
    "an unknown module": ("scope_changed", {"modules": ["x"]}, "modules"),
    "an unknown payer": ("scope_changed", {"payers": ["x"]}, "payers"),
    "modules that are no list": ("scope_changed", {"modules": "duty"}, "modules"),
    "a claim without a reason": ("exclusion_claimed", {"from": "2026-03-03T09:00+08:00"}, "reason"),
    "a claim without a zone": (
        "exclusion_claimed", {"reason": "customer", "from": "2026-03-03T09:00"}, "from",
    ),
    "a claim that ends before it begins": (
        "exclusion_claimed",
        {"reason": "customer", "from": "2026-03-03T10:00+08:00", "to": "2026-03-03T09:00+08:00"},
        "to",
    ),
    "merging into nothing": ("merged_into", {}, "into"),
    "merging into what isn't there": ("merged_into", {"into": "F20260303-0099"}, "into"),
    "a forged type": ("note", {"text": "x", "event": "restored"}, "event"),
    "a forged number": ("note", {"text": "x", "incident": "F1"}, "incident"),
    "a book": ("note", {"text": "x", "pages": ["长" * 1000] * 70}, "text"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_names_its_field(world: World, case: str) -> None:
    kind, fields, named = WRONG[case]
    assert refused(world, Invalid, world.report(), kind, **fields) == named


def test_merging_into_itself_is_refused(world: World) -> None:
    number = world.report()
    assert refused(world, Invalid, number, "merged_into", into=number) == "into"


@pytest.mark.parametrize("delta", [timedelta(microseconds=1), timedelta(minutes=-10, microseconds=-1)])
def test_nothing_happens_in_the_future_or_before_the_start(world: World, delta: timedelta) -> None:
    number = world.report(reported_at=world.now - timedelta(minutes=10))
    assert refused(world, Invalid, number, "responded", text="到", at=world.now + delta) == "at"


def test_an_event_at_the_very_start_and_at_this_very_moment_is_fine(world: World) -> None:
    number = world.report(reported_at=world.now - timedelta(minutes=10))
    world.happen(number, "responded", text="到", at=world.now - timedelta(minutes=10))
    world.happen(number, "restored", text="好", at=world.now)
    assert world.incident(number).state == "restored"


def test_an_unknown_number_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.happen("F20260303-0099", "note", text="x")


OF_A = sorted(rules.PARTY_A - rules.PARTY_B)
OF_B = sorted(rules.PARTY_B - rules.PARTY_A)


@pytest.mark.parametrize("kind_of_event", OF_A)
def test_the_provider_decides_nothing_for_party_a(world: World, kind_of_event: str) -> None:
    assert refused(world, Forbidden, world.report(), kind_of_event, "zhou", text="x") == "forbidden"


@pytest.mark.parametrize("kind_of_event", OF_B)
def test_party_a_acts_in_nothing_for_the_provider(world: World, kind_of_event: str) -> None:
    assert refused(world, Forbidden, world.report(), kind_of_event, "wang", text="x") == "forbidden"


def test_the_auditor_changes_nothing_not_even_by_a_note(world: World) -> None:
    assert refused(world, Forbidden, world.report(), "note", "auditor", text="已知悉") == "forbidden"


@pytest.mark.parametrize("who", ["he", "sun"])
def test_who_may_only_read_may_leave_a_note_and_nothing_else(world: World, who: str) -> None:
    number = world.report(payers=["suixi"])
    world.happen(number, "note", who, text="已知悉")
    assert refused(world, Forbidden, number, "responded", who, text="到") == "forbidden"
    assert refused(world, Forbidden, number, "reopened", who) == "forbidden"


def test_the_reporter_may_not_even_leave_a_note(world: World) -> None:
    number = world.report("qian", payers=["lieshan"])
    assert refused(world, Forbidden, number, "note", "qian", text="x") == "forbidden"


def test_what_cannot_be_is_a_conflict_and_leaves_the_log(world: World) -> None:
    number = world.report()
    assert refused(world, Conflict, number, "closed") == "impossible"
    world.happen(number, "responded", text="到")
    assert refused(world, Conflict, number, "responded", text="又到") == "impossible"


def test_an_event_told_late_must_have_been_possible_then_and_leave_the_rest_possible(world: World) -> None:
    number = world.report()
    world.run_for(hours=1)
    world.happen(number, "restored", text="好")
    assert refused(
        world, Conflict, number, "restored", text="早好了", at=world.now - timedelta(minutes=30)
    ) == ("impossible")
    world.happen(number, "responded", text="到", at=world.now - timedelta(minutes=40))
    assert world.kinds(number) == ["reported", "responded", "restored"]
    assert world.case(number).response_state == "met"


def test_a_stale_version_is_a_conflict(world: World) -> None:
    number = world.report()
    lin = world.actor("lin")
    world.happen(number, "note", text="第一")
    assert world.incident(number).version == 2
    with pytest.raises(Conflict) as caught, world.platform.db.write("lin") as session:
        service.happen(world.platform, session, world.now, lin, number, "note", {"text": "x"}, if_version=1)
    assert caught.value.code == "stale"


def test_claims_get_ids_of_their_own_unless_they_bring_one(world: World) -> None:
    number = world.report()
    claim = {"reason": "customer", "from": world.now}
    world.happen(number, "exclusion_claimed", **claim)
    world.happen(number, "exclusion_claimed", **claim, claim="停电")
    world.happen(number, "exclusion_claimed", **claim)
    assert [e.data["claim"] for e in world.events(number)[1:]] == ["C1", "停电", "C3"]
    assert refused(world, Conflict, number, "exclusion_claimed", **claim, claim="停电") == "impossible"
    assert refused(world, Conflict, number, "exclusion_approved", "wang", claim="C9") == "impossible"


def test_a_field_that_a_type_does_not_know_is_kept_as_it_came(world: World) -> None:
    number = world.report()
    world.happen(number, "note", text="x", occurred_at="昨天", ticket=17)
    assert world.events(number)[-1].data == {"occurred_at": "昨天", "ticket": 17, "text": "x"}


def test_two_incidents_cannot_be_merged_into_each_other(world: World) -> None:
    first, second = world.report(), world.report()
    world.happen(first, "merged_into", into=second)
    world.happen(second, "merged_into", into=first)
    world.happen(first, "merge_agreed", "wang")
    assert refused(world, Invalid, second, "merge_agreed", "wang") == "into"
    assert (world.incident(first).state, world.incident(second).state) == ("merged", "open")


def test_a_merged_incident_costs_nothing_and_takes_nothing_in(world: World) -> None:
    first, second, third = world.report(), world.report(), world.report()
    world.happen(first, "merged_into", into=second)
    world.happen(first, "merge_agreed", "wang")
    world.run_for(hours=5)
    assert (world.case(first).penalty, world.case(second).repair_state) == (0, "missed")
    assert refused(world, Invalid, third, "merged_into", into=first) == "into"


def test_the_latest_scope_counts_not_the_one_told_last(world: World) -> None:
    number = world.report()
    world.run_for(minutes=20)
    world.happen(number, "scope_changed", modules=["duty"], at=world.now)
    world.happen(number, "scope_changed", modules=["todo"], at=world.now - timedelta(minutes=10))
    assert world.incident(number).modules == ["duty"]


def test_a_scope_keeps_what_it_does_not_name_and_the_old_payer_still_sees_it(world: World) -> None:
    number = world.report(payers=["suixi"], modules=["duty"])
    world.happen(number, "scope_changed", payers=["city"])
    assert (world.incident(number).payers, world.incident(number).modules) == (["city"], ["duty"])
    with world.platform.db.read() as session:
        assert queries.find_visible(session, world.actor("sun"), number).number == number


FILLED: dict[str, dict[str, Any]] = {
    "class_changed": {"fault_class": "hardware"},
    "scope_changed": {"modules": ["duty"]},
    "exclusion_claimed": {"reason": "customer", "from": "2026-03-03T09:00+08:00"},
}
PATHS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "open": [],
    "restored": [("restored", "lin", {"text": "好"})],
    "confirmed": [("restored", "lin", {"text": "好"}), ("restoration_accepted", "wang", {})],
    "reopened": [("restored", "lin", {"text": "好"}), ("restoration_rejected", "wang", {"text": "没好"})],
    "everything asked": [
        ("class_changed", "lin", {"fault_class": "system_major"}),
        ("exclusion_claimed", "lin", FILLED["exclusion_claimed"]),
        ("false_alarm_claimed", "lin", {}),
    ],
}


@pytest.mark.parametrize("who", ["lin", "wang", "he"])
@pytest.mark.parametrize("path", PATHS)
def test_a_button_is_there_exactly_when_its_event_is_accepted(world: World, who: str, path: str) -> None:
    number, other = world.report(), world.report()
    for kind, actor, fields in PATHS[path]:
        world.happen(number, kind, actor, **fields)
    with world.platform.db.read() as session:
        found = queries.detail(session, world.actor(who), number, world.now)
        offered = {a.kind for a in actions.possible(found, world.actor(who))}
    accepted = {k for k in EVENT_TYPES if _accepted(world, number, k, who, {"into": other, "claim": "C1"})}
    assert offered == accepted


def _accepted(world: World, number: str, kind: str, who: str, more: dict[str, Any]) -> bool:
    fields = {"text": "说明"} | FILLED.get(kind, {})
    if kind == "merged_into":
        fields["into"] = more["into"]
    if kind in ("exclusion_approved", "exclusion_refused"):
        fields["claim"] = more["claim"]
    session = world.platform.db.new_write(who)
    try:
        service.happen(world.platform, session, world.now, world.actor(who), number, kind, fields)
    except AppError:
        return False
    finally:
        session.close()
    return True
