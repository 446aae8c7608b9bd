"""`Idempotency-Key`: the same request twice happens once, also when it comes twice at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.web import BASE, FAULT, Site

API = "/api/v1/incidents"
KEY = {"idempotency-key": "k-1"}


def count(site: Site) -> int:
    return len(site.api("lin").get(API).json()["items"])


def test_the_first_answer_comes_again(site: Site) -> None:
    client = site.api("lin")
    first, again = (client.post(API, json=FAULT, headers=KEY) for _ in range(2))
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    assert count(site) == 1


def test_another_body_or_path_with_the_same_key_is_422(site: Site) -> None:
    client = site.api("lin")
    number = client.post(API, json=FAULT, headers=KEY).json()["number"]
    other = client.post(API, json=FAULT | {"title": "另一个"}, headers=KEY)
    path = client.post(f"{API}/{number}/events", json={"type": "note", "text": "x"}, headers=KEY)
    assert [(a.status_code, a.json()["code"]) for a in (other, path)] == [(422, "key_reused")] * 2
    assert count(site) == 1


def test_a_key_belongs_to_its_owner(site: Site) -> None:
    numbers = {site.api(who).post(API, json=FAULT, headers=KEY).json()["number"] for who in ("lin", "wang")}
    assert len(numbers) == 2


def test_a_refused_request_does_not_use_up_its_key(site: Site) -> None:
    client = site.api("lin")
    assert client.post(API, json=FAULT | {"payers": ["x"]}, headers=KEY).status_code == 422
    assert client.post(API, json=FAULT, headers=KEY).status_code == 201


def test_a_commit_that_fails_does_not_use_up_the_key(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.orm import Session

    client = site.api("lin")
    with monkeypatch.context() as patch:
        patch.setattr(Session, "commit", _broken)
        assert client.post(API, json=FAULT, headers=KEY).status_code >= 500
    answer = client.post(API, json=FAULT, headers=KEY)
    assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, None)
    assert count(site) == 1


def _broken(_session: Any) -> None:
    raise RuntimeError("disk full")


@pytest.mark.parametrize("key", ["", "x" * 129, "\x7f"])
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_key_is_1_to_128_printable_characters(site: Site, key: str) -> None:
    answer = site.api("lin").post(API, json=FAULT, headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_at_the_same_time_it_happens_once(site: Site) -> None:
    headers = KEY | {"authorization": f"Bearer {site.token('lin')}"}

    async def eight() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=site.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await asyncio.gather(*(client.post(API, json=FAULT, headers=headers) for _ in range(8)))

    answers = asyncio.run(eight())
    statuses = sorted(a.status_code for a in answers)
    assert set(statuses) <= {201, 409}
    assert len({a.json()["number"] for a in answers if a.status_code == 201}) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"key_in_use"}
    assert count(site) == 1
