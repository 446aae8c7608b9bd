"""Alerts become incidents: few, with the right class and width, and never restored by a machine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents.intake import evidence, service
from incidents.intake.rules import Alert
from tests.support.alerts import alert, notes, receive, resolved, rows
from tests.support.world import START, World


def test_a_firing_alert_opens_an_incident_with_module_class_payer_and_rule(world: World) -> None:
    told = alert("HostSoftwareRaidDiskFailure", annotations={"description": "md0 lost a disk"})
    (number,) = receive(world, told)
    incident = world.incident(number)
    assert (incident.fault_class, incident.modules, incident.payers) == ("hardware", ["documents"], ["city"])
    assert incident.reporter == "prometheus"
    (event,) = world.events(number)
    assert event.type == "detected"
    assert event.data["text"] == "md0 lost a disk"
    assert event.data["rule"].startswith("设备部件")
    assert event.data["alerts"] == ["HostSoftwareRaidDiskFailure"]
    assert len(world.deadlines(number)) > 0


def test_the_same_alert_told_again_only_counts(world: World) -> None:
    first = receive(world, alert(starts_at=START))
    for _ in range(3):
        world.clock.advance(timedelta(minutes=1))
        assert receive(world, alert(starts_at=START), alert(starts_at=START)) == first
    (row,) = rows(world)
    assert (row.count, row.occurrences, row.last_at) == (7, 1, START + timedelta(minutes=3))
    assert world.kinds(first[0]) == ["detected"]


def test_a_replay_of_an_occurrence_that_is_over_changes_nothing(world: World) -> None:
    (number,) = receive(world, alert(starts_at=START))
    receive(world, resolved(starts_at=START))
    before = [(r.count, r.status, r.last_at) for r in rows(world)], world.kinds(number)
    world.clock.advance(timedelta(minutes=1))
    assert receive(world, alert(starts_at=START), resolved(starts_at=START)) == [number]
    assert ([(r.count, r.status, r.last_at) for r in rows(world)], world.kinds(number)) == before


def test_an_end_of_something_never_told_is_accepted_and_forgotten(world: World) -> None:
    assert receive(world, resolved()) == []
    assert rows(world) == []


def test_recovery_is_evidence_and_leaves_the_repair_clock_running(world: World) -> None:
    (number,) = receive(world, alert())
    world.run_for(hours=1)
    receive(world, resolved())
    assert notes(world, number) == [evidence.RECOVERED_WORDS]
    assert world.incident(number).restored_at is None
    world.run_for(hours=3, seconds=1)
    assert world.case(number).repair_state == "missed"


def test_alerts_of_one_cause_join_one_incident(world: World) -> None:
    (number,) = receive(world, alert("A"), alert("B"))
    assert receive(world, alert("C")) == [number]
    assert receive(world, alert("D", module="hotline")) != [number]
    assert notes(world, number) == [evidence.JOINED_WORDS]
    assert {row.incident_id for row in rows(world)} == {1, 2}


def test_a_second_payer_makes_it_wide_and_so_major(world: World) -> None:
    (number,) = receive(world, alert("A"))
    assert world.incident(number).major_since is None
    world.clock.advance(timedelta(minutes=2))
    receive(world, alert("B", payer="suixi"))
    incident = world.incident(number)
    assert (incident.payers, incident.major_since) == (["city", "suixi"], world.now)


def test_two_payers_in_one_batch_are_major_from_the_start(world: World) -> None:
    (number,) = receive(world, alert("A"), alert("B", payer="suixi", module="documents, unknown"))
    incident = world.incident(number)
    assert (incident.major_since, incident.modules) == (START, ["documents"])


def test_an_alert_joins_what_a_person_reported_and_can_prove_it_began_earlier(world: World) -> None:
    """Worked example 5: detected by a probe at 08:50, reported at 09:05; the start is 08:50."""
    world.clock.advance(timedelta(minutes=5))
    number = world.report()
    assert receive(world, alert(starts_at=START - timedelta(minutes=10))) == [number]
    assert world.kinds(number) == ["detected", "reported"]
    incident = world.incident(number)
    assert incident.started_at == START - timedelta(minutes=10)
    assert incident.fault_class == "system_general"


def test_what_was_restored_or_ended_is_not_joined_by_another_alert(world: World) -> None:
    (number,) = receive(world, alert("A"))
    world.happen(number, "responded", text="好")
    world.happen(number, "restored", text="重启")
    world.clock.advance(timedelta(minutes=1))
    assert receive(world, alert("B")) != [number]


def test_the_same_alert_after_a_restoration_reopens_within_the_window(world: World) -> None:
    (number,) = receive(world, alert())
    world.happen(number, "responded", text="好")
    receive(world, resolved())
    world.happen(number, "restored", text="重启")
    world.clock.advance(timedelta(hours=1))
    assert receive(world, alert()) == [number]
    assert world.incident(number).state == "reopened"
    assert world.kinds(number)[-1] == "reopened"
    (row,) = rows(world)
    assert (row.status, row.occurrences) == ("firing", 2)


def test_the_same_alert_a_day_later_is_a_new_incident(world: World) -> None:
    (number,) = receive(world, alert())
    receive(world, resolved())
    world.happen(number, "responded", text="好")
    world.happen(number, "restored", text="重启")
    world.run_for(hours=24, seconds=1)
    (other,) = receive(world, alert())
    assert other != number
    assert [row.incident_id for row in rows(world)] == [1, 2]
    assert [row.current is None for row in rows(world)] == [True, False]
    assert world.incident(number).state == "restored"


def test_a_false_alarm_that_fires_anew_is_a_new_incident(world: World) -> None:
    (number,) = receive(world, alert())
    receive(world, resolved())
    world.happen(number, "false_alarm_claimed", text="演示")
    world.happen(number, "false_alarm_agreed", who="wang")
    world.clock.advance(timedelta(minutes=1))
    assert receive(world, alert()) != [number]


def test_an_alert_that_went_on_through_a_restoration_does_not_reopen_it(world: World) -> None:
    (number,) = receive(world, alert(starts_at=START))
    world.clock.advance(timedelta(minutes=10))
    world.happen(number, "responded", text="好")
    world.happen(number, "restored", text="重启")
    receive(world, alert(starts_at=START))
    receive(world, alert(starts_at=START + timedelta(minutes=1)))
    assert world.incident(number).state == "restored"


def test_a_flapping_target_is_one_incident_with_few_words_in_its_log(world: World) -> None:
    numbers = set()
    for _ in range(60):
        numbers |= set(receive(world, alert()))
        world.clock.advance(timedelta(seconds=10))
        receive(world, resolved())
        world.clock.advance(timedelta(seconds=10))
    (number,) = numbers
    (row,) = rows(world)
    assert (row.occurrences, row.count) == (60, 120)
    assert len(notes(world, number)) <= 10
    assert service.tell_held_recoveries(world.platform) == 0
    world.clock.advance(timedelta(minutes=5))
    assert service.tell_held_recoveries(world.platform) == 1
    assert service.tell_held_recoveries(world.platform) == 0
    assert notes(world, number)[-1] == evidence.RECOVERED_WORDS
    assert world.incident(number).restored_at is None


def test_what_is_only_listed_opens_nothing(world: World) -> None:
    assert receive(world, alert("Watchdog"), alert("X", severity="info")) == []
    assert [row.incident_id for row in rows(world)] == [None, None]
    assert receive(world, resolved("Watchdog")) == []
    assert rows(world)[0].status == "resolved"


def test_words_that_are_too_long_are_cut_and_not_refused(world: World) -> None:
    long = "长" * 5000
    told = Alert(long, long, long, severity=long, labels={long: long}, annotations={"description": long})
    (number,) = receive(world, told)
    assert len(world.incident(number).title) == 200
    assert receive(world, told) == [number]
    (row,) = rows(world)
    assert row.count == 2


def test_a_storm_of_two_hundred_alerts_of_five_causes_is_five_incidents(world: World) -> None:
    modules = ("documents", "hotline", "todo", "duty", "receipts")
    storm = [alert(f"Storm{n}", module=modules[n % 5], starts_at=START) for n in range(200)]
    numbers = set()
    for minute in range(5):
        world.clock.move_to(START + timedelta(minutes=minute))
        for first in range(0, 200, 50):
            numbers |= set(receive(world, *storm[first : first + 50]))
    assert len(numbers) == 5
    assert sum(row.count for row in rows(world)) == 1000
    assert all(len(notes(world, number)) <= 3 for number in numbers)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_storm_costs_the_same_number_of_statements_whatever_its_size(world: World) -> None:
    from tests.support.web import statements

    storm = [alert(f"Storm{n}") for n in range(100)]
    receive(world, *storm)
    with statements(world) as few:
        receive(world, *storm[:2])
    with statements(world) as many:
        receive(world, *storm)
    assert len(few) == len(many) <= 5


def test_requests_that_only_repeat_are_counted_together_and_anything_new_is_not(world: World) -> None:
    numbers = receive(world, alert("A", starts_at=START), alert("B", module="hotline", starts_at=START))
    repeated = [[alert("A", starts_at=START)], [alert("A", starts_at=START), alert("B", starts_at=START)]]
    keep = [
        [a if a.name == "A" else alert("B", module="hotline", starts_at=START) for a in some]
        for some in repeated
    ]
    with world.platform.db.write("monitor") as session:
        assert service.repeat(session, world.now, keep) == [[numbers[0]], numbers]
        assert service.repeat(session, world.now, [*keep, [alert("C")]]) is None
        assert service.repeat(session, world.now, [[resolved("A")]]) is None
    assert [row.count for row in rows(world)] == [3, 2]
