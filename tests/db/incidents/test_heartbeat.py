"""The heartbeat goes outside only when every deadline was found in order, and never hurts the audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from incidents import heartbeat
from kernel.errors import ConfigError
from kernel.jobs.worker import Worker
from kernel.settings import load_settings
from sla.deadlines.models import ARMED, Deadline, Heartbeat
from sla.deadlines.watch import AUDIT
from tests.support.receiver import Receiver, running
from tests.support.world import World


@pytest.fixture
def outside() -> Iterator[Receiver]:
    with running(Receiver()) as server:
        yield server


def listen(world: World, url: str) -> None:
    changed = {"heartbeat_url": SecretStr(url)}
    world.platform.settings = world.platform.settings.model_copy(update=changed)


def audited(world: World) -> datetime | None:
    with world.platform.db.read() as session:
        return session.scalar(select(Heartbeat.at).where(Heartbeat.name == AUDIT))


def pings(world: World) -> dict[str, float]:
    samples = next(iter(world.platform.metrics.pings.collect())).samples
    return {s.labels["outcome"]: s.value for s in samples if s.name.endswith("_total")}


def make_late(world: World) -> None:
    due = world.now - timedelta(minutes=2)
    with world.platform.db.write() as session:
        late = select(Deadline.id).where(Deadline.state == ARMED).limit(1).scalar_subquery()
        session.execute(update(Deadline).where(Deadline.id == late).values(wake_at=due))


def test_a_clean_audit_is_told_outside_and_noted(world: World, outside: Receiver) -> None:
    listen(world, f"{outside.url}/ping/secret")
    world.report()
    world.run_for(minutes=2)
    assert heartbeat.audit(world.platform) == 0
    assert [r.path for r in outside.received] == ["/ping/secret"]
    assert audited(world) == world.now
    assert pings(world) == {"ok": 1.0}


def test_a_deadline_that_is_late_keeps_the_heartbeat_back(world: World, outside: Receiver) -> None:
    listen(world, outside.url)
    world.report()
    world.run_for(minutes=2)
    make_late(world)
    heartbeat.audit(world.platform)
    assert (outside.received, audited(world), pings(world)) == ([], None, {})


def test_a_deadline_that_was_not_armed_keeps_the_heartbeat_back_until_the_next_clean_audit(
    world: World, outside: Receiver
) -> None:
    listen(world, outside.url)
    world.report()
    world.run_for(minutes=2)
    with world.platform.db.write() as session:
        session.execute(delete(Deadline).where(Deadline.clock == "repair"))
    assert heartbeat.audit(world.platform) == 1
    assert outside.received == []
    world.run_for(minutes=1)
    assert heartbeat.audit(world.platform) == 0
    assert len(outside.received) == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("answer", [(500, b"", 0), (302, b"", 0), (200, b"", 1)])
def test_whatever_the_listener_does_the_audit_stands(
    world: World, outside: Receiver, answer: tuple[int, bytes, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "PATIENCE", 0.2)
    outside.answers.append(answer)
    listen(world, outside.url)
    assert heartbeat.audit(world.platform) == 0
    assert pings(world) == {"failed": 1.0}
    assert len(outside.received) == 1, "a redirect is not followed"
    assert audited(world) == world.now


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::bad/", "http://no.such.host.invalid/"])
def test_a_listener_that_is_not_there_fails_no_job(world: World, url: str) -> None:
    listen(world, url)
    worker = Worker(world.platform)
    job = next(j for m in world.platform.catalogue.manifests for j in m.jobs if j.name == "incidents.audit")
    worker._due[job.name] = 0.0
    worker._run(job, job.every)
    assert pings(world) == {"failed": 1.0}
    text = world.platform.metrics.render().decode()
    assert 'shoushi_job_runs_total{job="incidents.audit",outcome="ok"} 1.0' in text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_rehearsal_tells_nobody_outside(world: World, outside: Receiver) -> None:
    listen(world, outside.url)
    world.clock.speed = 600.0
    heartbeat.audit(world.platform)
    assert outside.received == []


def test_an_address_that_is_none_is_refused_at_the_start_without_saying_it() -> None:
    with pytest.raises(ConfigError, match=r"SHOUSHI_HEARTBEAT_URL: .*should look like https") as refused:
        load_settings({"SHOUSHI_HEARTBEAT_URL": "ftp://x/topsecret"})
    assert "topsecret" not in str(refused.value)
    assert "hidden-path" not in repr(load_settings({"SHOUSHI_HEARTBEAT_URL": "https://x/hidden-path"}))
