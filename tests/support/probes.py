"""Short ways to configure a probe and to let results come in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from incidents.monitoring import record, schemas, service
from incidents.monitoring.models import Probe
from incidents.monitoring.probes import Result
from incidents.monitoring.tracker import Tracker
from sla import pinned
from tests.support.world import World

UP, BAD = Result(True, 0.01, "正常", "HTTP 200"), Result(False, 0.01, "无法连接", "refused")


def told(key: str = "portal", **more: Any) -> schemas.ProbeIn:
    """A probe of the documents module, down after two failures, up after two successes."""
    raw = {
        "key": key,
        "name": "门户首页",
        "kind": "http",
        "spec": {"url": "http://127.0.0.1:1/"},
        "module": "documents",
    }
    raw |= {"payer": "city", "fault_class": "system_general", "interval": 60, "failures": 2, "recoveries": 2}
    return schemas.read(raw | more)


def configure(world: World, key: str = "portal", **more: Any) -> Probe:
    contract = pinned.in_force(world.platform)
    with world.platform.db.write("he") as session:
        return service.create(session, world.now, world.actor("he"), contract, told(key, **more))


def trackers(world: World) -> list[Tracker]:
    with world.platform.db.read() as session:
        return record.load(session)


def results(world: World, tracker: Tracker, signs: str, step: float = 60) -> list[str]:
    """Let results come in (`+` ok, `-` failed, `m` maintenance); returns the incidents they belong to."""
    numbers: list[str] = []
    for sign in signs:
        world.clock.advance(timedelta(seconds=step))
        now, zone = world.now, world.platform.zone
        change = tracker.rest(now) if sign == "m" else tracker.take(UP if sign == "+" else BAD, now, zone)
        if change is not None:
            with world.platform.db.write("platform") as session:
                numbers += record.changes(world.platform, session, now, [change])
    with world.platform.db.write("platform") as session:
        record.figures(session, [tracker.figures()])
    return list(dict.fromkeys(numbers))
