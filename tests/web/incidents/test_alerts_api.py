"""The alert calls: Alertmanager's webhook, generic alerts, and every way to send them wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from incidents.intake.models import AlertRow
from kernel.identity import service as identity
from kernel.identity.setup import add_member
from tests.support.alerts import notes, rows
from tests.support.people import PASSWORD
from tests.support.web import BASE, InProcess, Site
from tests.support.world import START

WEBHOOK = "/api/v1/alerts/alertmanager"
ONE = {"source": "scripts", "title": "收文页面无法打开", "module": "receipts", "payer": "city"}


def one(name: str = "ReceiptsDown", status: str = "firing", **more: Any) -> dict[str, Any]:
    labels = {"alertname": name, "severity": "critical", "module": "receipts", "payer": "city"}
    return {
        "status": status,
        "labels": labels | more.pop("labels", {}),
        "annotations": {"summary": f"{name} 收文无法保存", "description": "probe_success == 0"},
        "startsAt": START.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": f"fp-{name}",
        **more,
    }


def webhook(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A notification as Alertmanager 0.25 writes it."""
    return {
        "receiver": "shoushi",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "ReceiptsDown"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{alertname="ReceiptsDown"}',
        "truncatedAlerts": 0,
    } | more


@pytest.fixture
def api(site: Site) -> Iterator[httpx.Client]:
    """A machine whose token carries the one role it needs."""
    add_member(site.world.platform, "prom", "监测", PASSWORD, unit_key="provider", roles=["monitor"])
    with site.world.platform.db.write("test") as session:
        expires = timedelta(days=1)
        token = identity.create_token(session, site.world.now, "prom", "am", expires=expires, role="monitor")
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(transport=InProcess(site.app), base_url=BASE, headers=headers) as client:
        yield client


def test_a_notification_opens_an_incident_and_its_end_is_evidence(site: Site, api: httpx.Client) -> None:
    answer = api.post(WEBHOOK, json=webhook(one()))
    assert answer.status_code == 202
    (number,) = answer.json()["incidents"]
    assert answer.json() == {"accepted": 1, "incidents": [number]}
    incident = site.world.incident(number)
    assert (incident.title, incident.modules, incident.payers) == (
        "ReceiptsDown 收文无法保存",
        ["receipts"],
        ["city"],
    )
    ended = one(status="resolved", endsAt=START.isoformat())
    assert api.post(WEBHOOK, json=webhook(ended, status="resolved")).json()["incidents"] == [number]
    assert len(notes(site.world, number)) == 1
    assert site.world.incident(number).state == "open"


def test_a_whole_group_is_one_answer_and_a_replay_opens_nothing(site: Site, api: httpx.Client) -> None:
    group = webhook(*(one(f"A{n}") for n in range(30)))
    first = api.post(WEBHOOK, json=group).json()
    assert (first["accepted"], len(first["incidents"])) == (30, 1)
    assert api.post(WEBHOOK, json=group).json() == first
    assert len(rows(site.world)) == 30


def test_labels_that_the_contract_does_not_know_lose_no_alert(site: Site, api: httpx.Client) -> None:
    strange = one(labels={"module": "warehouse", "payer": "nobody", "fault_class": "weird"})
    (number,) = api.post(WEBHOOK, json=webhook(strange)).json()["incidents"]
    incident = site.world.incident(number)
    assert (incident.modules, incident.payers, incident.fault_class) == ([], [], "system_general")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (webhook(one(), version="3"), "version"),
        ({k: v for k, v in webhook(one()).items() if k != "version"}, "version"),
        (webhook(one(), version=4), "version"),
        (webhook(alerts={"a": 1}), "alerts"),
        (webhook(one(status="pending")), "alerts.0.status"),
        (webhook(one(labels={"n": 5})), "alerts.0.labels.n"),
        (webhook(one(), one(startsAt="yesterday")), "alerts.1.startsAt"),
        (webhook(one(annotations={"summary": "a\0b"})), "alerts.0.annotations.summary"),
        ([], "body"),
        ("text", "body"),
        (None, "body"),
    ],
)
def test_what_is_wrong_with_a_notification_is_said_by_field(
    site: Site, api: httpx.Client, body: Any, field: str
) -> None:
    answer = api.post(WEBHOOK, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert rows(site.world) == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"version": "4", "alerts": [', b"\xff\xfe", b'"\\ud800"', b"[" * 9999]
)
def test_bytes_that_are_no_json_are_refused(site: Site, api: httpx.Client, raw: bytes) -> None:
    for url in (WEBHOOK, "/api/v1/alerts"):
        answer = api.post(url, content=raw, headers={"content-type": "application/json"})
        assert answer.status_code == 422, (url, answer.text)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_five_megabytes_are_the_most(site: Site, api: httpx.Client) -> None:
    big = webhook(*(one(f"A{n}") for n in range(100)))
    big["commonAnnotations"] = {"filler": "x" * 5_300_000}
    answer = api.post(WEBHOOK, json=big)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    big["commonAnnotations"] = {"filler": "x" * 5_000_000}
    assert api.post(WEBHOOK, json=big).json()["accepted"] == 100


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_who_may_send(site: Site) -> None:
    for url in (WEBHOOK, "/api/v1/alerts"):
        assert site.api(None).post(url, json=webhook(one())).status_code == 401
        wrong = {"authorization": "Bearer nonsense"}
        assert site.api(None).post(url, json=webhook(one()), headers=wrong).status_code == 401
        assert site.api("wang").post(url, json=webhook(one())).status_code == 403
    assert site.api("he").post(WEBHOOK, json=webhook(one())).status_code == 202


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_monitor_can_do_nothing_else(site: Site, api: httpx.Client) -> None:
    assert api.get("/api/v1/incidents").status_code == 403
    assert api.post("/api/v1/incidents", json={"title": "x", "fault_class": "hardware"}).status_code == 403


def test_one_generic_alert_and_a_list(site: Site, api: httpx.Client) -> None:
    (number,) = api.post("/api/v1/alerts", json=ONE).json()["incidents"]
    told = [ONE, ONE | {"title": "收文缓慢"}, ONE | {"title": "热线", "module": "hotline"}]
    answer = api.post("/api/v1/alerts", json=told).json()
    assert (answer["accepted"], len(answer["incidents"]), answer["incidents"][0]) == (3, 2, number)
    assert [row.count for row in rows(site.world)] == [2, 1, 1]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (ONE | {"title": ""}, "title"),
        (ONE | {"title": "   "}, "title"),
        (ONE | {"status": "maybe"}, "status"),
        (ONE | {"colour": "red"}, "colour"),
        (ONE | {"starts_at": "2026-03-03T09:00:00"}, "starts_at"),
        (ONE | {"fault_class": "nonsense"}, "fault_class"),
        (ONE | {"module": "receipts,warehouse"}, "module"),
        ([ONE, ONE | {"payer": "nobody"}], "1.payer"),
        ([ONE, {"source": "x"}], "1.title"),
        ([ONE] * 1001, "body"),
    ],
)
def test_what_is_wrong_with_a_generic_alert_is_said_by_field(
    site: Site, api: httpx.Client, body: Any, field: str
) -> None:
    answer = api.post("/api/v1/alerts", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert rows(site.world) == []


def test_an_idempotency_key_gives_the_first_answer_again(site: Site, api: httpx.Client) -> None:
    first = api.post("/api/v1/alerts", json=ONE, headers={"idempotency-key": "k1"})
    again = api.post("/api/v1/alerts", json=ONE, headers={"idempotency-key": "k1"})
    assert (again.status_code, again.json()) == (202, first.json())
    assert rows(site.world)[0].count == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_full_queue_asks_to_come_again(
    site: Site, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = site.world.platform.db.group
    busy, go_on = threading.Event(), threading.Event()
    waiting = [group.submit("test", lambda session: (busy.set(), go_on.wait(30)))]
    assert busy.wait(30)
    monkeypatch.setattr("kernel.db.group.WAITING", 1)
    waiting.append(group.submit("test", lambda session: None))
    answer = api.post("/api/v1/alerts", json=ONE)
    go_on.set()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    for each in waiting:
        each.result(30)
    assert api.post("/api/v1/alerts", json=ONE).status_code == 202


def test_nothing_is_answered_before_it_is_kept(site: Site, api: httpx.Client) -> None:
    assert api.post("/api/v1/alerts", content=json.dumps([ONE])).status_code == 202
    with site.world.platform.db.read() as session:
        assert session.scalar(select(func.count()).select_from(AlertRow)) == 1
