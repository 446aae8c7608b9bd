"""Every defect of the table of incidents.md §1, each by the test that shows we don't have it.

What another file shows already is named in ELSEWHERE by the function itself, so that renaming or removing it
breaks this file.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from incidents import heartbeat, jobs, watchdog
from incidents.monitoring import runner, service
from kernel.outbox.models import Message
from kernel.outbox.service import Draft, enqueue
from sla import pinned
from sla.deadlines import ARMED, FIRED, BlindTime, Deadline, watch
from sla.deadlines.jobs import tick
from tests.bench import bench_probes
from tests.db.incidents import test_intake as intake
from tests.db.incidents import test_oncall as oncall
from tests.db.incidents import test_watchdog as audits
from tests.db.kernel import test_alarm as alarm
from tests.db.oa import test_duty as duty
from tests.db.sla import test_amendments as amendments
from tests.db.sla import test_two_workers as two_workers
from tests.support.alerts import alert, receive, rows
from tests.support.probes import configure, told, trackers
from tests.support.web import statements
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
pytestmark = SQLITE
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

ELSEWHERE: dict[str, list[Callable[..., Any]]] = {
    "OneUptime: two workers double-post": [
        two_workers.test_two_processes_fire_each_deadline_once,
        two_workers.test_a_worker_killed_at_any_moment_loses_and_repeats_nothing,
    ],
    "Zammad #4348: one notice a day even when it changed": [
        oncall.test_what_changed_is_told_again_under_its_own_generation
    ],
    "OnCall #1206: escalation never resumes": [
        oncall.test_escalation_resumes_on_reopening_and_ends_with_the_next_human_word,
        oncall.test_calls_that_were_forgotten_are_found_and_armed,
    ],
    "Jira SM: old cases judged by today's goals": [
        amendments.test_an_open_clock_keeps_its_version_whatever_happens_later,
        amendments.test_a_fault_is_judged_by_the_version_in_force_when_it_began,
    ],
    "GoAlert #4188: a delay that nobody is told": [
        oncall.test_a_late_page_stands_on_the_timeline,
        alarm.test_what_waits_longer_than_a_minute_is_told_to_operations_once_an_hour,
    ],
    "OnCall #1326: nobody can be reached": [
        duty.test_somebody_whom_nothing_reaches_is_refused_on_publishing,
        duty.test_somebody_whom_nothing_reaches_any_more_is_told_of_every_morning,
    ],
    "Keep #5354, OneUptime #2149: duplicates": [
        intake.test_a_replay_of_an_occurrence_that_is_over_changes_nothing,
        audits.test_operations_are_told_once_an_hour_and_the_audit_knows,
    ],
}


@pytest.mark.parametrize("defect", ELSEWHERE)
def test_what_another_file_shows_is_still_a_test_there(defect: str, kind: str) -> None:
    for function in ELSEWHERE[defect]:
        assert function.__name__.startswith("test_")


def fired(world: World, number: str, clock: str) -> list[Deadline]:
    return [d for d in world.deadlines(number, state=FIRED) if d.clock == clock]


def test_itop_an_overrun_is_recomputed_when_a_deadline_moves_into_the_past(world: World) -> None:
    """Intervals are kept as events, so a shorter class judges the hours that have passed already."""
    number = world.report(fault_class="hardware")
    world.happen(number, "responded", text="到场")
    world.run_for(hours=6)
    assert world.case(number).repair_state == "pending"
    world.happen(number, "class_changed", fault_class="system_general")
    world.run_for(seconds=1)
    case = world.case(number)
    assert case.repair_state == "missed"
    assert case.repair_seconds >= 6 * 3600
    assert [d.due_at for d in fired(world, number, "repair") if d.rung == "breach"] == [world.incident(number).started_at + limit(world, "system_general")]  # noqa: E501  # fmt: skip


def limit(world: World, fault_class: str) -> timedelta:
    return pinned.in_force(world.platform).fault_classes[fault_class].limit


def test_itop_an_action_and_its_flag_are_one_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.report()
    world.clock.advance(timedelta(seconds=1))

    def broken(*_: object, **_more: object) -> None:
        raise RuntimeError("after the flag, before the action is done")

    with monkeypatch.context() as patch:
        patch.setattr(jobs.oncall, "on_rungs", broken)
        tick(world.platform)
    assert world.deadlines(number, state=FIRED) == []
    assert world.messages(f"incident:{number}") == []
    world.run_for(seconds=30)
    assert {d.noticed_at for d in world.deadlines(number, state=FIRED)} != set()
    assert len(world.messages(f"incident:{number}")) > 0


def test_glpi_and_zammad_188_a_pause_survives_re_targeting_reopening_and_another_class(world: World) -> None:
    number = world.report()
    start = world.now
    world.happen(number, "responded", text="到场")
    world.run_for(hours=1)
    pause = {"claim": "C1", "reason": "customer", "from": start + 10 * MINUTE, "to": start + 40 * MINUTE}
    world.happen(number, "exclusion_claimed", "zhou", **pause)
    world.happen(number, "exclusion_approved", "wang", claim="C1", text="属实")
    world.happen(number, "restored", text="好")
    assert world.case(number).repair_seconds == 30 * 60
    world.run_for(minutes=10)
    world.happen(number, "reopened", text="又坏了")
    world.happen(number, "scope_changed", modules=["todo"], payers=["suixi"])
    world.happen(number, "class_changed", fault_class="hardware")
    world.happen(number, "class_countersigned", "wang")
    world.run_for(minutes=20)
    world.happen(number, "restored", text="好")
    assert world.case(number).repair_seconds == (30 + 20) * 60


def test_oneuptime_a_repair_breach_is_found_at_its_instant_though_the_response_was_missed(
    world: World,
) -> None:
    number = world.report()
    world.run_until(world.now + limit(world, "system_general") + MINUTE)
    [response] = [d for d in fired(world, number, "response") if d.rung == "breach"]
    [repair] = [d for d in fired(world, number, "repair") if d.rung == "breach"]
    start = world.incident(number).started_at
    assert (response.due_at, repair.due_at) == (start + 30 * MINUTE, start + limit(world, "system_general"))
    assert repair.noticed_at is not None
    assert repair.noticed_at - repair.due_at < timedelta(seconds=1)
    assert (world.case(number).response_state, world.case(number).repair_state) == ("missed", "missed")


def test_oneuptime_reminders_keep_to_a_fixed_grid_however_late_each_was_noticed(world: World) -> None:
    number = world.report(fault_class="system_major")
    for _ in range(4):
        world.clock.advance(31 * MINUTE)
        world.settle()
    start = world.incident(number).started_at
    assert [b.due_at - start for b in world.broadcasts(number) if 0 <= b.slot < 5] == [
        n * 30 * MINUTE for n in range(5)
    ]


def test_zammad_3523_a_regression_that_arms_nothing_is_found_mended_and_told(world: World) -> None:
    number = world.report()
    world.run_for(minutes=1)
    armed = {(d.clock, d.rung) for d in world.deadlines(number, state=ARMED)}
    with world.platform.db.write() as session:
        session.execute(delete(Deadline).where(Deadline.state == ARMED))
    assert heartbeat.audit(world.platform) == 1
    assert {(d.clock, d.rung) for d in world.deadlines(number, state=ARMED)} == armed
    with world.platform.db.read() as session:
        told = session.scalars(select(Message.title).where(Message.key.startswith("unarmed:"))).all()
    assert all(number in title for title in told)
    assert told


def test_oncall_724_the_auditor_costs_the_same_however_much_is_open(world: World) -> None:
    world.report()
    world.run_for(minutes=1)
    watchdog.check_unarmed(world.platform)
    with statements(world) as few:
        watchdog.check_unarmed(world.platform)
        watch.count_late(world.platform)
    for _ in range(20):
        world.report()
    world.run_for(minutes=1)
    with statements(world) as many:
        assert watchdog.check_unarmed(world.platform) == 0
        assert watch.count_late(world.platform) == 0
    assert len(many) == len(few) <= 6, "two transactions, four questions"
    text = world.platform.metrics.render().decode()
    assert "shoushi_incidents_unarmed 0.0" in text
    assert "shoushi_deadlines_late 0.0" in text


def test_jira_sm_clocks_pin_the_version_of_the_contract(world: World) -> None:
    number = world.report()
    pinned_to = world.incident(number).contract
    assert pinned_to == pinned.in_force(world.platform).digest
    world.run_for(minutes=40)
    assert world.case(number).contract == pinned_to


def test_alertmanager_2222_the_same_alert_from_every_replica_is_one_incident_and_one_page(
    world: World,
) -> None:
    numbers = [receive(world, alert("DocumentsDown")) for _ in range(3)]
    assert len({n for each in numbers for n in each}) == 1
    assert [row.count for row in rows(world)] == [3]
    world.run_for(seconds=30)
    [number] = numbers[0]
    sent = [(m.title, m.channel, m.address) for m in world.messages(f"incident:{number}")]
    assert len(sent) == len(set(sent)) > 0


def test_alertmanager_4108_a_message_said_twice_is_one_row_with_one_message_id(world: World) -> None:
    draft = Draft("page:1", "incident:1", "email", "a@example.test", "标题", "正文")
    for expected in (1, 0):
        with world.platform.db.write() as session:
            assert enqueue(session, world.now, [draft]) == expected
    with world.platform.db.read() as session:
        assert len(session.scalars(select(Message.message_id).where(Message.key == "page:1")).all()) == 1


def test_goalert_own_downtime_expires_no_heartbeat_and_is_recorded_as_blind(world: World) -> None:
    configure(world, "backup", kind="heartbeat", spec={"every": 600, "grace": 60})
    [tracker] = trackers(world)
    tick(world.platform)
    world.clock.advance(8 * HOUR)
    watch.forget(world.clock)
    again = runner.Runner(world.platform)
    again.beats = {tracker.id: world.now - 8 * HOUR}
    assert again._silent(tracker) == 0, "grace after our own start"
    world.clock.advance(11 * MINUTE + timedelta(seconds=1))
    assert again._silent(tracker) > 600 + 60, "but not for ever"
    tick(world.platform)
    with world.platform.db.read() as session:
        blind = session.scalars(select(BlindTime)).one()
    assert blind.reason == "platform_down"
    assert blind.to_at - blind.from_at > 8 * HOUR


def test_uptime_kuma_7079_an_edit_costs_the_same_among_one_and_among_many_probes(world: World) -> None:
    """Its time with a thousand of them running is a figure of the bench."""
    configure(world, "portal")

    def edit(name: str) -> int:
        with statements(world) as seen, world.platform.db.write("he") as session:
            contract, he = pinned.in_force(world.platform), world.actor("he")
            service.change(session, world.now, he, contract, "portal", told("portal", name=name))
        return len(seen)

    first = edit("门户一")
    for number in range(50):
        configure(world, f"probe-{number}")
    assert edit("门户二") <= first
    assert bench_probes.PROBES >= 700


SPEC_ROWS = 11


def test_no_row_of_the_table_is_without_a_test_here(kind: str) -> None:
    """The table of incidents.md §1, by the name each row begins with."""
    names = " ".join([*ELSEWHERE, *(n for n in globals() if n.startswith("test_"))]).lower()
    rows_of_the_table = (
        ("itop",), ("glpi", "zammad_188"), ("oneuptime",), ("zammad_3523", "zammad #4348"),
        ("oncall #1206", "oncall_724"), ("jira",), ("alertmanager_2222", "alertmanager_4108", "keep #5354"),
        ("goalert #4188",), ("oncall #1326",), ("goalert_own",), ("uptime_kuma_7079",),
    )  # fmt: skip
    assert len(rows_of_the_table) == SPEC_ROWS
    assert [word for row in rows_of_the_table for word in row if word not in names] == []
