from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive

from kernel.clock import FixedClock
from kernel.web import sse
from tests.web.kernel_web.fakeshell import NOW, Change, FakeFeed

Reader = Callable[[], Awaitable[str]]


async def listening() -> Message:
    """Receive nothing, as from a client that stays."""
    await asyncio.Event().wait()
    raise AssertionError("nothing sets it")


async def left() -> Message:
    """Receive what a server tells of a client that has left."""
    return {"type": "http.disconnect"}


def request(state: Any, query: str = "", last: str | None = None, receive: Receive = listening) -> Request:
    headers = [] if last is None else [(b"last-event-id", last.encode())]
    app = SimpleNamespace(state=state)
    scope = {"type": "http", "headers": headers, "query_string": query.encode(), "app": app}
    return Request(scope, receive)


class Desk:
    """Open streams on one feed, polled fast."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
        self.feed = FakeFeed()
        self.state = SimpleNamespace(shoushi=SimpleNamespace(clock=FixedClock(NOW)))
        self.state.hub = sse.Hub(self.feed, lambda: NOW, poll=0.001)

    async def open(self, *topics: str, still: Any = None, **kwargs: Any) -> Any:
        """Open a stream; it is registered once its greeting has come."""
        body = sse.stream(request(self.state, **kwargs), self.feed, topics, still).body_iterator
        assert b"retry" in await anext(body)
        return body


async def change(body: Any) -> dict[str, Any]:
    """Return the next change, passing over pings."""
    async with asyncio.timeout(5):
        while True:
            raw = (await anext(body)).decode()
            if "event: change" in raw:
                return json.loads(raw.split("data: ")[1].split("\n")[0])


def test_a_change_carries_id_type_and_url_only() -> None:
    raw = sse.encode(Change(7, "incident", "/incidents/7")).decode()
    assert raw == 'id: 7\nevent: change\ndata: {"id": 7, "type": "incident", "url": "/incidents/7"}\n\n'


def test_a_new_change_arrives() -> None:
    async def story() -> None:
        desk = Desk()
        desk.feed.add("old", "/old")
        body = await desk.open()
        desk.feed.add("incident", "/incidents/7")
        assert await change(body) == {"id": 2, "type": "incident", "url": "/incidents/7"}
        await body.aclose()

    asyncio.run(story())


@pytest.mark.parametrize("how", [{"last": "1"}, {"query": "since=1"}])
def test_what_was_missed_is_replayed_once(how: dict[str, str]) -> None:
    async def story() -> None:
        desk = Desk()
        for number in range(1, 4):
            desk.feed.add("incident", f"/incidents/{number}")
        body = await desk.open(**how)
        desk.feed.add("incident", "/incidents/4")
        assert [(await change(body))["id"] for _ in range(3)] == [2, 3, 4]
        await body.aclose()

    asyncio.run(story())


def test_only_the_wanted_topics_arrive() -> None:
    async def story() -> None:
        desk = Desk()
        body = await desk.open("drill", last="0")
        for topic in ("incident", "drill", "incident", "drill"):
            desk.feed.add(topic, "/x")
        assert [(await change(body))["id"] for _ in range(2)] == [2, 4]
        await body.aclose()

    asyncio.run(story())


def test_an_id_that_becomes_visible_late_still_arrives() -> None:
    async def story() -> None:
        desk = Desk()
        body = await desk.open()
        desk.feed.items.append(Change(2, "incident", "/second"))
        assert (await change(body))["url"] == "/second"
        desk.feed.items.insert(0, Change(1, "incident", "/first"))
        assert (await change(body))["url"] == "/first"
        await body.aclose()

    asyncio.run(story())


def test_all_clients_share_one_poll() -> None:
    async def story() -> None:
        desk = Desk()
        bodies = [await desk.open() for _ in range(50)]
        asked = desk.feed.asked
        desk.feed.add("incident", "/x")
        await asyncio.gather(*(change(body) for body in bodies))
        assert desk.feed.asked - asked < 40
        for body in bodies:
            await body.aclose()
        assert desk.state.hub.clients == set()

    asyncio.run(story())


def test_clients_that_come_at_the_same_time_start_one_poller() -> None:
    async def story() -> int:
        desk = Desk()
        bodies = await asyncio.gather(*(desk.open() for _ in range(50)))
        pollers = [t for t in asyncio.all_tasks() if getattr(t.get_coro(), "__name__", "") == "_run"]
        desk.feed.add("incident", "/x")
        assert {(await change(body))["url"] for body in bodies} == {"/x"}
        for body in bodies:
            await body.aclose()
        return len(pollers)

    assert asyncio.run(story()) == 1


def test_the_poller_stops_when_nobody_listens_and_starts_again() -> None:
    async def story() -> None:
        desk = Desk()
        body = await desk.open()
        poller = desk.state.hub._task
        await body.aclose()
        await asyncio.wait_for(poller, 5)
        again = await desk.open()
        desk.feed.add("incident", "/x")
        assert (await change(again))["url"] == "/x"
        await again.aclose()

    asyncio.run(story())


def test_pings_tell_the_time_and_a_lost_session_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_SECONDS", 0.0)

    async def story() -> list[bytes]:
        desk = Desk()
        body = await desk.open(still=lambda: False)
        async with asyncio.timeout(5):
            return [chunk async for chunk in body]

    chunks = asyncio.run(story())
    assert chunks == [sse.ping(NOW)] * (sse.CHECK_EVERY_PINGS - 1)
    assert b"2025-03-03T01:30:00.000+00:00" in chunks[0]


def test_who_has_left_is_noticed_at_the_next_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_SECONDS", 0.0)

    async def story() -> None:
        desk = Desk()
        body = await desk.open(receive=left)
        async with asyncio.timeout(5):
            assert [chunk async for chunk in body] == []
        assert not desk.state.hub.clients

    asyncio.run(story())


def test_closing_ends_every_stream() -> None:
    async def story() -> None:
        desk = Desk()
        body = await desk.open()
        desk.state.hub.close()
        assert [chunk async for chunk in body] == []

    asyncio.run(story())


def test_the_servers_stop_ends_every_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        should_exit = True

        def handle_exit(self) -> None: ...

    monkeypatch.setattr(sse.signal, "getsignal", lambda _number: Server().handle_exit)

    async def story() -> None:
        desk = Desk()
        body = await desk.open()
        async with asyncio.timeout(5):
            assert [chunk async for chunk in body] == []

    asyncio.run(story())


def test_a_client_that_does_not_read_is_ended_not_kept() -> None:
    async def story() -> None:
        client = sse.Client(None)
        for number in range(sse.QUEUE_LENGTH + 1):
            client.put([(number, b"x")])
        assert client.queue.get_nowait() is None

    asyncio.run(story())


@pytest.mark.parametrize(
    ("value", "id_"), [("7", 7), ("", None), ("x", None), ("-1", None), ("9" * 30, None)]
)
def test_the_last_id_is_read_with_care(value: str, id_: int | None) -> None:
    assert sse.since(request(SimpleNamespace(), last=value)) == id_


def test_proxies_are_told_not_to_buffer() -> None:
    async def story() -> None:
        desk = Desk()
        response = sse.stream(request(desk.state), desk.feed)
        assert response.headers["x-accel-buffering"] == "no"
        assert response.media_type == "text/event-stream"

    asyncio.run(story())


def test_another_feed_gets_another_hub() -> None:
    state = SimpleNamespace()
    first = sse.hub_of(state, FakeFeed(), lambda: NOW)
    assert sse.hub_of(state, first.feed, lambda: NOW) is first
    assert sse.hub_of(state, FakeFeed(), lambda: NOW) is not first
