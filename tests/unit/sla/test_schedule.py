"""Which deadlines should be armed, told as one walk through an incident."""

from __future__ import annotations

from sla.schedule import planned
from tests.unit.sla.story import HUAIBEI, Line, at, claim, events, fault, judged

START: Line = ("10:00", "reported", fault())
ANSWERED: Line = ("10:05", "responded")
DECLARED: Line = ("10:00", "major_declared")


def armed(*story: Line, as_of: str) -> dict[str, str]:
    """``clock:rung`` → due time in Shanghai."""
    due = planned(HUAIBEI, judged(story, as_of), events(story), at(as_of))
    assert due == sorted(due, key=lambda each: each.due_at)
    found = {f"{each.clock}:{each.rung}": each.due_at.astimezone(HUAIBEI.zone) for each in due}
    assert len(found) == len(due)
    return {key: f"{when:%H:%M}" if when.day == 3 else f"{when:%m-%d %H:%M}" for key, when in found.items()}


def only(clock: str, found: dict[str, str]) -> dict[str, str]:
    return {key.removeprefix(f"{clock}:"): due for key, due in found.items() if key.startswith(f"{clock}:")}


def test_a_new_incident_arms_response_repair_and_length() -> None:
    assert armed(START, as_of="10:00") == {
        "response:breach": "10:30",
        "long:breach": "11:00",
        "repair:50": "12:00",
        "repair:75": "13:00",
        "repair:90": "13:36",
        "repair:breach": "14:00",
    }


def test_an_answer_disarms_the_response() -> None:
    assert "response:breach" not in armed(START, ANSWERED, as_of="10:05")


def test_a_breached_response_stays_listed_until_closed() -> None:
    story = (START, ("10:20", "restored"))
    assert armed(*story, as_of="10:40") == {"response:breach": "10:30"}
    assert armed(*story, ("10:25", "closed"), as_of="10:40") == {}


def test_restoration_disarms_the_repair_and_reopening_moves_it() -> None:
    story = (START, ANSWERED, ("11:00", "restored"))
    assert armed(*story, as_of="11:00") == {}
    moved = armed(*story, ("15:00", "reopened"), as_of="15:00")
    assert only("repair", moved) == {"50": "16:00", "75": "17:00", "90": "17:36", "breach": "18:00"}
    assert only("long", moved) == {"breach": "16:00"}


def test_an_approved_exclusion_moves_the_shares_too() -> None:
    story = (
        START,
        ("10:10", "exclusion_claimed", claim("a", "11:00", "12:00")),
        ("10:20", "exclusion_approved", {"claim": "a"}),
    )
    assert only("repair", armed(*story, as_of="10:30"))["50"] == "13:00"
    assert only("repair", armed(*story[:2], as_of="10:30"))["50"] == "12:00"


def test_hardware_arms_the_backup_duty_with_the_breach() -> None:
    found = armed(("10:00", "reported", fault("hardware")), as_of="10:00")
    assert found["backup:breach"] == found["repair:breach"] == "03-04 06:00"


def test_a_major_incident_no_longer_waits_for_its_length() -> None:
    assert only("long", armed(START, DECLARED, as_of="10:00")) == {}


def grid(as_of: str, *more: Line) -> dict[str, str]:
    return only("broadcast", armed(START, ANSWERED, DECLARED, *more, as_of=as_of))


def test_slot_nought_is_sent_after_its_grace_and_then_checked() -> None:
    assert grid("10:00") == {"g0:send:0": "10:03", "g0:check:0": "10:05"}
    assert grid("10:02:59") == grid("10:00")


NEXT = {"g0:prompt:1": "10:25", "g0:send:1": "10:30", "g0:check:1": "10:35"}


def test_the_next_slot_is_armed_once_the_last_is_sent() -> None:
    assert grid("10:03") == {"g0:check:0": "10:05", **NEXT}
    assert grid("10:05") == grid("10:29:59") == NEXT


def test_a_slot_that_is_due_waits_only_for_its_check() -> None:
    assert grid("10:30") == {
        "g0:check:1": "10:35",
        "g0:prompt:2": "10:55",
        "g0:send:2": "11:00",
        "g0:check:2": "11:05",
    }


def test_restoration_leaves_only_the_checks_still_to_come() -> None:
    assert grid("10:32", ("10:31", "restored")) == {"g0:check:1": "10:35"}
    assert grid("10:32", ("10:30", "restored")) == {}
    assert grid("10:35", ("10:31", "restored")) == {}


def test_a_reopening_arms_the_next_grid() -> None:
    story: tuple[Line, ...] = (("10:31", "restored"), ("10:33", "restoration_rejected"))
    assert grid("10:33", *story) == {"g0:check:1": "10:35", "g1:send:0": "10:36", "g1:check:0": "10:38"}


def test_nothing_is_armed_for_a_false_alarm() -> None:
    assert armed(START, ("10:10", "false_alarm_agreed"), as_of="10:10") == {}


def test_every_slot_owed_is_sent_and_checked_in_turn() -> None:
    """Walk as the engine would: fire what is due, plan again, and see each slot once."""
    story = [START, ANSWERED, DECLARED, ("13:40", "restored")]
    told, fired, now = events(story), [], at("10:00")
    while True:
        verdict = judged(story, f"{now:%H:%M:%S}")
        due = [each for each in planned(HUAIBEI, verdict, told, now) if each.clock == "broadcast"]
        due = [each for each in due if each not in fired]
        if not due:
            break
        now = max(now, due[0].due_at.astimezone(now.tzinfo))
        if now < at("13:40") or "check" in due[0].rung:
            fired.append(due[0])
        else:
            break
    sent = [each.rung for each in fired if "send" in each.rung]
    assert sent == [f"g0:send:{k}" for k in range(8)]
    assert [each.rung for each in fired if "prompt" in each.rung] == [f"g0:prompt:{k}" for k in range(1, 8)]
    assert [each.rung for each in fired if "check" in each.rung] == [f"g0:check:{k}" for k in range(8)]
