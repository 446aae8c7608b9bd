"""`Idempotency-Key`: the first answer again; another body is refused; a failure keeps no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, NamedTuple

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse

from kernel.audit import AuditEntry, record
from kernel.edge import ApiRouter, Write, idempotency, public
from kernel.errors import AppError
from kernel.identity.actor import Actor
from tests.support.world import World

router = ApiRouter()


@router.post("/things", status_code=201)
def make(session: Write, body: dict[str, Any], who: Annotated[Actor, Depends(public)]) -> dict[str, Any]:
    from tests.support.world import START

    record(session, START, "thing.made", f"thing:{body['n']}")
    if body.get("fail"):
        raise AppError("no")
    return {"n": body["n"]}


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    app = FastAPI()
    app.state.platform = world.platform
    app.include_router(router)

    @app.exception_handler(AppError)
    def answer(_request: Any, error: AppError) -> JSONResponse:
        return JSONResponse({"code": error.code}, error.status)

    transport = httpx.ASGITransport(app)
    with asyncio.Runner() as runner:
        opened = httpx.AsyncClient(transport=transport, base_url="http://test")
        yield Client(runner, opened)
        runner.run(opened.aclose())


class Client(NamedTuple):
    runner: asyncio.Runner
    http: httpx.AsyncClient

    def send(self, *requests: tuple[str | None, dict[str, Any]]) -> list[httpx.Response]:
        """Send all at once."""

        async def together() -> list[httpx.Response]:
            return await asyncio.gather(*(self._send(*request) for request in requests))

        return self.runner.run(together())

    async def _send(self, key: str | None, body: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/api/v1/things", json=body, headers=headers)


def post(client: Client, key: str | None, **body: Any) -> httpx.Response:
    return client.send((key, body))[0]


def made(world: World) -> int:
    with world.platform.db.read() as session:
        return session.query(AuditEntry).where(AuditEntry.action == "thing.made").count()


def test_the_same_request_gets_the_first_answer_and_happens_once(client: Client, world: World) -> None:
    first, second = post(client, "k1", n=1), post(client, "k1", n=1)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() == {"n": 1}
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert made(world) == 1


def test_another_body_under_the_same_key_is_refused(client: Client, world: World) -> None:
    post(client, "k1", n=1)
    refused = post(client, "k1", n=2)
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert made(world) == 1


def test_without_a_key_and_under_different_keys_each_request_happens(client: Client, world: World) -> None:
    for key in (None, None, "k1", "k2"):
        assert post(client, key, n=1).status_code == 201
    assert made(world) == 4


def test_a_failed_request_can_be_repeated_under_its_key(client: Client, world: World) -> None:
    assert post(client, "k1", n=1, fail=True).status_code == 400
    assert post(client, "k1", n=1).status_code == 201
    assert made(world) == 1


@pytest.mark.parametrize("key", ["x" * 129, "a\tb"])
def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    assert post(client, key, n=1).status_code == 422


def test_eight_requests_at_once_under_one_key_happen_once(client: Client, world: World) -> None:
    answers = [r.status_code for r in client.send(*[("k1", {"n": 1})] * 8)]
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert made(world) == 1
    assert post(client, "k1", n=1).status_code == 201


def test_keys_are_forgotten_after_a_week(client: Client, world: World) -> None:
    post(client, "k1", n=1)
    world.clock.advance(timedelta(days=7))
    assert idempotency.prune(world.platform) == 0
    world.clock.advance(timedelta(seconds=1))
    assert idempotency.prune(world.platform) == 1
