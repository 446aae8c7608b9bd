"""The runner with real targets on the real clock, waited for by what it writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from incidents.monitoring import queries, record, runner
from incidents.monitoring.models import ProbeDay, ProbeRunner, ProbeState
from kernel.clock import SYSTEM
from kernel.platform import Platform
from tests.support.faulty import Faulty
from tests.support.probes import BAD, UP, configure, trackers
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    server = Faulty()
    yield server
    server.close()


@pytest.fixture
def live(world: World) -> Iterator[Platform]:
    """The platform on the real clock; its runner ends with the test."""
    world.platform.clock = SYSTEM
    yield world.platform
    runner.forget(world.platform)


def until(what: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until something is so; returns it."""
    pause, ends = threading.Event(), SYSTEM.monotonic() + seconds
    while not (found := what()):
        assert SYSTEM.monotonic() < ends, "it never came"
        pause.wait(0.05)
    return found


def state(platform: Platform) -> str:
    with platform.db.read() as session:
        return session.scalars(select(ProbeState.state)).one()


@SQLITE
def test_a_target_that_stops_is_down_and_one_that_returns_is_up(
    world: World, live: Platform, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "FLUSH", 0.5)
    spec = {"url": f"{faulty.url}/ok"}
    configure(world, spec=spec, interval=5, timeout=2, failures=1, recoveries=1)
    runner.keep(live)
    until(lambda: state(live) == "up")
    faulty.down = True
    until(lambda: state(live) == "down")
    faulty.down = False
    until(lambda: state(live) == "up")
    runner.forget(live)
    with live.db.read() as session:
        assert session.scalars(select(ProbeDay.failures)).one() >= 1


@SQLITE
def test_a_change_of_a_probe_is_taken_up_without_a_restart(
    world: World, live: Platform, faulty: Faulty
) -> None:
    configure(world, "first", spec={"url": f"{faulty.url}/ok"}, interval=5, timeout=2)
    runner.keep(live)
    configure(world, "second", spec={"url": f"{faulty.url}/wrong"}, interval=5, timeout=2)
    runner.keep(live)

    def both() -> bool:
        with live.db.read() as session:
            return queries.counts(session) == {"up": 2}

    until(both)


def test_only_the_holder_of_the_lease_asks_until_it_runs_out(world: World, live: Platform) -> None:
    configure(world, enabled=False)
    runner.keep(live)
    with live.db.write("other") as session:
        session.execute(update(ProbeRunner).values(holder="other", until_at=SYSTEM.now() + runner.LEASE))
    runner.keep(live)
    assert id(live.db) not in runner._RUNNERS
    with live.db.write("other") as session:
        session.execute(update(ProbeRunner).values(until_at=SYSTEM.now() - timedelta(seconds=1)))
    runner.keep(live)
    assert runner._RUNNERS[id(live.db)].running


def test_nothing_runs_without_probes_or_on_a_clock_that_is_not_the_walls(world: World) -> None:
    runner.keep(world.platform)
    configure(world)
    runner.keep(world.platform)
    assert id(world.platform.db) not in runner._RUNNERS


@SQLITE
def test_a_runner_that_nobody_keeps_ends_by_itself(
    world: World, live: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    configure(world, enabled=False)
    runner.keep(live)
    kept = runner._RUNNERS[id(live.db)]
    until(lambda: not kept.running)
    runner.keep(live)
    assert runner._RUNNERS[id(live.db)] is not kept


@SQLITE
def test_what_could_not_be_written_is_written_later(
    world: World, live: Platform, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(world, spec={"url": f"{faulty.url}/ok"}, interval=5, timeout=2)
    failed = threading.Event()
    write = live.db.write

    def refuse_once(actor: str = "system") -> Any:
        if (
            actor == "platform"
            and threading.current_thread().name.startswith("probe")
            and not failed.is_set()
        ):
            failed.set()
            raise OSError("disk full")
        return write(actor)

    monkeypatch.setattr(live.db, "write", refuse_once)
    runner.keep(live)
    until(lambda: state(live) == "up")
    assert failed.is_set()


def test_a_change_that_cannot_be_written_holds_up_no_other_probe(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row that the database refuses must not silence every probe after it."""
    for key in ("bad", "good"):
        configure(world, key)
    bad, good = trackers(world)
    asked = runner.Runner(world.platform)
    for sign in (BAD, BAD, UP, UP):
        world.clock.advance(timedelta(minutes=1))
        for tracker in (bad, good):
            asked._note(tracker.take(sign, world.now, world.platform.zone))
    write = record.changes

    def refuse(platform: Platform, session: Any, now: Any, found: Any) -> list[str]:
        if any(change.tracker.key == "bad" for change in found):
            raise RuntimeError("refused")
        return write(platform, session, now, found)

    monkeypatch.setattr(record, "changes", refuse)
    asked._write()
    assert {change.tracker.key for change in asked._changes} == {"bad"}
    kept = len(asked._changes)
    assert kept > 1  # in their order, to be tried again
    monkeypatch.setattr(record, "changes", write)
    asked._write()
    assert asked._changes == []
    with world.platform.db.read() as session:
        assert [s.state for s in session.scalars(select(ProbeState))] == ["up", "up"]
