"""Events upward: handed over once, and one that fails delays no other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import bus
from kernel.audit import AuditEntry, record
from kernel.manifest import Catalogue, Manifest
from kernel.platform import Platform
from tests.support.world import World

HERE = __name__
calls: list[Any] = []


def listen(platform: Platform, session: Session, payload: Mapping[str, Any]) -> None:
    record(session, platform.clock.now(), "heard", f"n:{payload['n']}")
    if payload.get("poison"):
        raise RuntimeError("poison")
    calls.append(payload["n"])


@pytest.fixture
def listening(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    calls.clear()
    manifest = Manifest("test", subscribers=(("topic", f"{HERE}:listen"),))
    monkeypatch.setattr("kernel.bus.resolve", lambda _: listen)
    world.platform = dataclasses.replace(world.platform, catalogue=Catalogue((manifest,)))
    yield world
    calls.clear()


def publish(world: World, **payload: Any) -> None:
    with world.platform.db.write() as session:
        bus.publish(session, world.now, "topic", payload)


def heard(world: World) -> list[str]:
    with world.platform.db.read() as session:
        return list(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "heard")))


def test_an_event_is_handed_over_once_in_the_order_it_was_published(listening: World) -> None:
    for n in range(3):
        publish(listening, n=n)
    assert bus.dispatch(listening.platform) == 3
    assert bus.dispatch(listening.platform) == 0
    assert calls == [0, 1, 2]


def test_a_topic_without_subscriber_is_simply_done(listening: World) -> None:
    with listening.platform.db.write() as session:
        bus.publish(session, listening.now, "nobody listens", {})
    assert bus.dispatch(listening.platform) == 1
    assert bus.dispatch(listening.platform) == 0


def test_a_failing_subscriber_leaves_nothing_behind_and_delays_no_other_event(listening: World) -> None:
    publish(listening, n=1, poison=True)
    publish(listening, n=2)
    for _ in range(2):
        with pytest.raises(bus.SubscriberFailed):
            bus.dispatch(listening.platform)
    assert calls == [2]
    assert heard(listening) == ["n:2"]


def test_an_event_of_a_failed_transaction_never_happened(listening: World) -> None:
    with listening.platform.db.new_write() as session:
        bus.publish(session, listening.now, "topic", {"n": 1})
    assert bus.dispatch(listening.platform) == 0
