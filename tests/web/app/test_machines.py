"""What machines ask for: health, metrics, the OpenAPI document, the live stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from incidents.monitoring.models import Probe
from tests.support.probes import configure, results, trackers
from tests.support.web import Serving, Site, routes_of

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def test_it_lives_and_is_ready(site: Site) -> None:
    assert site.api(None).get("/healthz").json() == {"status": "ok"}
    answer = site.api(None).get("/readyz")
    assert answer.status_code in (200, 503)
    assert set(answer.json()) == {"ready", "reasons"}


def test_metrics_are_prometheus_text_and_count_open_incidents(site: Site) -> None:
    site.world.report()
    answer = site.api(None).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {
        (s.name, s.labels.get("fault_class")): s.value
        for family in text_string_to_metric_families(answer.text)
        for s in family.samples
    }
    assert found["shoushi_incidents_open", "system_general"] == 1
    assert found["shoushi_incidents_open", "hardware"] == 0


def test_a_gauge_that_is_not_told_anew_is_forgotten_and_what_a_job_has_set_stays(site: Site) -> None:
    world = site.world
    probe = configure(world, "portal")
    results(world, trackers(world)[0], "++")
    world.platform.metrics.gauge("shoushi_incidents_unarmed", "set by a job", 3.0)
    world.clock.advance(timedelta(seconds=300))
    before = site.api(None).get("/metrics").text
    assert 'shoushi_probe_up{probe="portal"} 1.0' in before
    assert "shoushi_probe_newest_age_seconds 300.0" in before
    with world.platform.db.write() as session:
        session.execute(update(Probe).where(Probe.id == probe.id).values(enabled=0))
    after = site.api(None).get("/metrics").text
    assert 'probe="portal"' not in after
    assert "shoushi_incidents_unarmed 3.0" in after


def test_openapi_describes_every_call_with_its_problems(site: Site) -> None:
    document = site.api(None).get("/api/openapi.json").json()
    described = {(p, m.upper()) for p, item in document["paths"].items() for m in item}
    calls = {(r.path, m) for r in routes_of(site.app) if r.path.startswith("/api/v1/") for m in r.methods}
    assert described == calls
    for item in document["paths"].values():
        for operation in item.values():
            assert {"401", "403", "404", "409", "422"} <= set(operation["responses"])


@pytest.fixture
def live(site: Site) -> Iterator[Serving]:
    serving = Serving(site.app)
    yield serving
    serving.stop()


def test_the_stream_tells_of_a_report(site: Site, live: Serving) -> None:
    headers = {"authorization": f"Bearer {site.token('wang')}"}
    with httpx.Client(base_url=live.url, headers=headers, timeout=20) as client:
        with client.stream("GET", "/api/v1/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            next(lines)
            number = site.world.report()
            data = next(line for line in lines if line.startswith("data: {"))
        change = json.loads(data.removeprefix("data: "))
        assert (change["type"], change["url"]) == ("incident", f"/incidents/{number}")
        again = {"last-event-id": str(change["id"] - 1)}
        with client.stream("GET", "/api/v1/stream", headers=again) as stream:
            assert f"id: {change['id']}" in stream.iter_lines()


def test_the_stream_is_not_for_everybody(site: Site) -> None:
    assert site.api(None).get("/api/v1/stream").status_code == 401
