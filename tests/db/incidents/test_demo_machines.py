"""The demonstration's monitoring account: its token sends alerts and may do nothing else."""

from __future__ import annotations

import httpx
import pytest

from incidents.demo import machines
from kernel.identity import service
from tests.support.web import BASE, InProcess, Site
from tests.support.world import World


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_printed_token_sends_an_alert_and_may_do_nothing_else(world: World) -> None:
    with world.platform.db.write() as session:
        service.add_unit(session, world.now, machines.UNIT, "项目部")
    first, second = machines.lines(world.platform), machines.lines(world.platform)
    assert first[0] != second[0], "each start prints a token of its own"
    assert "/api/v1/alerts/alertmanager" in first[1]
    headers = {"authorization": f"Bearer {second[0].rpartition('：')[2]}"}
    with httpx.Client(transport=InProcess(Site(world).app), base_url=BASE, headers=headers) as client:
        told = {"source": "x", "title": "门户无法访问", "status": "firing", "labels": {"alertname": "X"}}
        assert client.post("/api/v1/alerts", json=told).status_code == 202
        assert client.get("/api/v1/incidents").status_code == 403
        assert client.post("/api/v1/blind-time", json={}).status_code == 403
