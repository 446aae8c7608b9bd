"""Blind time: when nobody watched, deadlines are unobserved, never silently compliant (contract.md §2.15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from kernel import bus
from sla.cases.service import versions
from sla.deadlines import BlindTime, watch
from sla.deadlines.jobs import tick
from tests.support.world import World

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def blind(world: World) -> list[tuple[float, float, str]]:
    """Return the blind intervals in minutes since the story began."""
    with world.platform.db.read() as session:
        found = session.scalars(select(BlindTime).order_by(BlindTime.id)).all()
    return [(_minutes(b.from_at), _minutes(b.to_at), b.reason) for b in found]


def _minutes(at: object) -> float:
    from tests.support.world import START

    return float((at - START).total_seconds() / 60)  # type: ignore[operator]


def restart_after(world: World, pause: timedelta) -> None:
    """The platform goes down, time passes, it starts again."""
    world.clock.advance(pause)
    watch.forget(world.clock)


def test_a_first_start_is_not_blind(world: World) -> None:
    tick(world.platform)
    assert blind(world) == []


def test_a_short_restart_is_not_blind_and_a_longer_one_is(world: World) -> None:
    tick(world.platform)
    restart_after(world, MINUTE)
    tick(world.platform)
    assert blind(world) == []
    restart_after(world, MINUTE + SECOND)
    tick(world.platform)
    assert blind(world) == [(1, 2 + 1 / 60, "platform_down")]


def test_a_deadline_that_fell_into_the_gap_is_unobserved_and_noticed_late(world: World) -> None:
    number = world.report()
    world.settle()
    restart_after(world, HOUR)
    world.settle()
    assert world.kinds(number)[-2:] == ["blind_from", "blind_to"]
    response = next(d for d in world.deadlines(number, state=1) if d.clock == "response")
    assert (response.unobserved, response.noticed_at) == (1, world.now)
    assert world.case(number).response_state == "unobserved"
    assert world.case(number).penalty == 0


def test_the_first_verdict_after_the_gap_already_knows_of_it(world: World) -> None:
    """No version that says "missed" is written before the one that says "unobserved"."""
    number = world.report()
    world.settle()
    restart_after(world, HOUR)
    world.settle()
    with world.platform.db.read() as session:
        results = [v.result for v in versions(session, number)]
    assert not any('"state":"missed"' in result for result in results)


def test_a_reply_whose_time_is_known_is_judged_by_that_time(world: World) -> None:
    number = world.report()
    world.settle()
    restart_after(world, HOUR)
    world.settle()
    world.happen(number, "responded", at=world.now - 50 * MINUTE, text="已电话答复")
    assert world.case(number).response_state == "met"


def test_deadlines_outside_the_gap_are_judged_as_always(world: World) -> None:
    number = world.report()
    world.run_for(minutes=31)
    restart_after(world, HOUR)
    world.settle()
    assert world.case(number).response_state == "missed"
    response = next(d for d in world.deadlines(number, state=1) if d.clock == "response")
    assert response.unobserved == 0


def test_a_closed_incident_hears_nothing_of_later_blind_time(world: World) -> None:
    number = world.report()
    world.happen(number, "responded", text="到场")
    world.happen(number, "restored", text="已修复")
    world.happen(number, "restoration_accepted", "wang")
    world.happen(number, "closed")
    world.settle()
    restart_after(world, HOUR)
    world.settle()
    assert "blind_from" not in world.kinds(number)


def test_an_incident_that_began_in_the_gap_is_blind_from_its_own_start(world: World) -> None:
    tick(world.platform)
    world.clock.advance(HOUR)
    number = world.report(detected_at=world.now - 10 * MINUTE)
    watch.forget(world.clock)
    world.settle()
    events = {e.type: e.at for e in world.events(number)}
    assert events["blind_from"] == world.now - 10 * MINUTE
    assert events["blind_to"] == world.now


def test_a_jump_forward_and_back_is_on_record_and_the_deadline_is_watched_after_all(world: World) -> None:
    number = world.report()
    world.settle()
    world.clock.advance(SECOND)
    tick(world.platform)
    world.clock.jump_wall(HOUR)
    world.settle()
    assert world.case(number).response_state == "unobserved"
    world.clock.jump_wall(-HOUR)
    world.settle()
    assert [reason for *_, reason in blind(world)] == ["clock_jump", "clock_back"]
    armed = [(d.clock, d.rung, d.generation) for d in world.deadlines(number)]
    assert ("response", "breach", 1) in armed
    world.run_for(minutes=31)
    assert [d.generation for d in world.deadlines(number, state=1) if d.clock == "response"] == [0, 1]


def test_a_jump_back_is_blind_too(world: World) -> None:
    number = world.report()
    world.run_for(minutes=20)
    world.clock.jump_wall(-15 * MINUTE)
    world.settle()
    assert blind(world) == [(5, 20, "clock_back")]
    assert world.kinds(number)[-2:] == ["blind_from", "blind_to"]


@pytest.mark.parametrize("drift", [4.9, -4.9])
def test_a_clock_that_is_slewed_a_little_is_not_blind(world: World, drift: float) -> None:
    tick(world.platform)
    world.clock.advance(SECOND)
    world.clock.jump_wall(timedelta(seconds=drift))
    tick(world.platform)
    assert blind(world) == []


def test_a_wrong_clock_put_right_while_the_platform_was_down_is_blind(world: World) -> None:
    tick(world.platform)
    world.clock.jump_wall(-2 * HOUR)
    watch.forget(world.clock)
    tick(world.platform)
    assert blind(world) == [(-120, 0, "clock_back")]


def test_a_platform_that_stood_still_or_lost_its_database_was_blind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.clock.runs = True
    number = world.report()
    tick(world.platform)
    with monkeypatch.context() as broken:
        broken.setattr(world.platform.db, "write", _no_database)
        for _ in range(30):
            world.clock.advance(MINUTE)
            with pytest.raises(OperationalError):
                tick(world.platform)
    world.clock.advance(MINUTE)
    tick(world.platform)
    assert blind(world) == [(0, 31, "platform_down")]
    assert world.case(number).response_state == "unobserved"


def _no_database(_actor: str = "") -> None:
    raise OperationalError("the database is away", None, Exception())


def test_two_workers_that_see_one_jump_record_it_once(world: World) -> None:
    tick(world.platform)
    with world.platform.db.write() as session:
        assert watch.note_blind(session, world.now, world.now - HOUR, world.now, "clock_jump")
        assert not watch.note_blind(
            session, world.now, world.now - HOUR + SECOND, world.now + SECOND, "clock_jump"
        )


def test_an_incident_that_cannot_take_the_note_does_not_stop_the_engine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.report()
    world.settle()
    restart_after(world, HOUR)

    def fail(*_: object) -> None:
        raise RuntimeError("a broken subscriber")

    with monkeypatch.context() as broken:
        broken.setattr("incidents.jobs.on_blind_time", fail)
        tick(world.platform)
    assert "response" in {d.clock for d in world.deadlines(number, state=1)}
    bus.dispatch(world.platform)
    assert world.case(number).response_state == "unobserved"
