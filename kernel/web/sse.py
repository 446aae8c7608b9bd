"""The live stream: one poll for all clients of a process; a message says where to look, not what it says.

Each client has a bounded queue of ready-made bytes, so that a thousand clients cost a thousand queue puts.
Whether one has left is asked at each ping: to wait for it would take a second task for every stream.
Ids may become visible out of order (concurrent transactions): the poller looks behind a gap for a while.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

POLL_SECONDS = 0.25
PING_SECONDS = 15.0
CHECK_EVERY_PINGS = 4
QUEUE_LENGTH = 256
GAP_POLLS = 10
REPLAY_LIMIT = 1000

Topics = frozenset[str] | None
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Item(Protocol):
    """One change."""

    @property
    def id(self) -> int:
        """Rising."""

    @property
    def type(self) -> str:
        """The topic."""

    @property
    def url(self) -> str:
        """What to fetch again."""


class Feed(Protocol):
    """Where changes are read from; called in a thread."""

    def after(self, last_id: int, topics: Iterable[str] | None = None) -> Sequence[Item]:
        """Return what came after `last_id`, oldest first; not necessarily all of it."""

    def last_id(self) -> int:
        """Return the newest id, 0 when there is none."""


def encode(item: Item) -> bytes:
    """Return the event as it goes over the wire."""
    data = json.dumps({"id": item.id, "type": item.type, "url": item.url}, ensure_ascii=False)
    return f"id: {item.id}\nevent: change\ndata: {data}\n\n".encode()


class Batch(NamedTuple):
    """Messages for many clients, put together once; a ping has no id."""

    messages: Sequence[tuple[int, bytes]]
    whole: bytes

    def without(self, seen: Container[int]) -> bytes:
        """Return the messages but those that a client has seen."""
        return b"".join(raw for number, raw in self.messages if number not in seen) if seen else self.whole


def batch_of(messages: Sequence[tuple[int, bytes]]) -> Batch:
    """Put messages together."""
    return Batch(messages, b"".join(raw for _, raw in messages))


class Client:
    """One open stream: what it wants, and what waits for it."""

    def __init__(self, topics: Topics) -> None:
        self.topics = topics
        self.queue: asyncio.Queue[Batch | None] = asyncio.Queue(QUEUE_LENGTH)

    def put(self, batch: Batch | None) -> None:
        """Queue a batch; a client that reads too slowly is ended and comes back with its last id."""
        try:
            self.queue.put_nowait(batch)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


class Hub:
    """The shared poller of one feed: runs while somebody listens."""

    def __init__(self, feed: Feed, now: Callable[[], datetime], poll: float = POLL_SECONDS) -> None:
        self.feed, self.now, self.poll = feed, now, poll
        self.clients: set[Client] = set()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._position = 0
        self._gaps: dict[int, int] = {}

    async def join(self, client: Client) -> None:
        """Add a listener; the first one starts the poller, those who come at the same time wait for it."""
        async with self._starting:
            if self._task is None or self._task.done():
                self._position, self._gaps = await run_in_threadpool(self.feed.last_id), {}
                self._task = asyncio.create_task(self._run())
            self.clients.add(client)

    def leave(self, client: Client) -> None:
        """Remove a listener; the poller ends by itself when nobody is left."""
        self.clients.discard(client)

    def close(self) -> None:
        """End every stream: the process is stopping."""
        for client in self.clients:
            client.put(None)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        ping_at = loop.time() + PING_SECONDS
        while self.clients:
            await asyncio.sleep(self.poll)
            if _stopping():
                self.close()
                return
            self._send(self._fresh(await run_in_threadpool(self.feed.after, self._floor())))
            if loop.time() >= ping_at:
                ping_at = loop.time() + PING_SECONDS
                self._ping()

    def _floor(self) -> int:
        return min(self._gaps, default=self._position + 1) - 1

    def _fresh(self, items: Sequence[Item]) -> list[Item]:
        fresh = [item for item in items if item.id > self._position or item.id in self._gaps]
        self._gaps = {gap: left - 1 for gap, left in self._gaps.items() if left > 1}
        for item in fresh:
            self._gaps.pop(item.id, None)
            first_missing = max(self._position + 1, item.id - QUEUE_LENGTH)
            self._gaps.update(dict.fromkeys(range(first_missing, item.id), GAP_POLLS))
            self._position = max(self._position, item.id)
        return fresh

    def _send(self, items: Sequence[Item]) -> None:
        if not items:
            return
        encoded = [(item.type, item.id, encode(item)) for item in items]
        batches: dict[Topics, Batch] = {}
        for client in self.clients:
            wanted = client.topics
            if wanted not in batches:
                batches[wanted] = batch_of([(i, r) for kind, i, r in encoded if not wanted or kind in wanted])
            if batches[wanted].whole:
                client.put(batches[wanted])

    def _ping(self) -> None:
        batch = batch_of([(0, ping(self.now()))])
        for client in self.clients:
            client.put(batch)


def ping(now: datetime) -> bytes:
    """Return the sign of life, which also tells the server's time."""
    return f"event: ping\ndata: {now.isoformat(timespec='milliseconds')}\n\n".encode()


def _stopping() -> bool:
    """Whether the web server (uvicorn, whose method handles the signal) has been told to stop."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))


def hub_of(state: Any, feed: Feed, now: Callable[[], datetime]) -> Hub:
    """Return the hub that all streams of `feed` in this process share."""
    hub: Hub | None = getattr(state, "hub", None)
    if hub is None or hub.feed is not feed:
        hub = state.hub = Hub(feed, now)
    return hub


class EventStream(StreamingResponse):
    """Sends what its events give until they end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send; nobody listens for the client's leaving beside it."""
        await self.stream_response(send)


def stream(
    request: Request, feed: Feed, topics: Iterable[str] = (), still: Callable[[], bool] | None = None
) -> EventStream:
    """Answer with the live stream of `topics` (none: all); `still` (asked each minute) ends it when false."""
    state = request.app.state
    hub = hub_of(state, feed, state.shoushi.clock.now)
    client = Client(frozenset(topics) or None)
    events = _events(hub, client, since(request), request.is_disconnected, still)
    return EventStream(events, media_type="text/event-stream", headers=HEADERS)


def since(request: Request) -> int | None:
    """Return the last id the client has seen, None when it starts now."""
    value = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


async def _events(
    hub: Hub,
    client: Client,
    last: int | None,
    gone: Callable[[], Awaitable[bool]],
    still: Callable[[], bool] | None,
) -> AsyncIterator[bytes]:
    await hub.join(client)
    try:
        yield b"retry: 3000\n" + ping(hub.now())
        replayed: set[int] = set()
        async for item in _replay(hub.feed, client.topics, last):
            replayed.add(item.id)
            yield encode(item)
        pings = 0
        while (batch := await client.queue.get()) is not None:
            if batch.messages[0][0] == 0:
                pings += 1
                if await gone():
                    return
            if still and pings == CHECK_EVERY_PINGS:
                pings = 0
                if not await run_in_threadpool(still):
                    return
            if chunk := batch.without(replayed):
                yield chunk
    finally:
        hub.leave(client)


async def _replay(feed: Feed, topics: Topics, last: int | None) -> AsyncIterator[Item]:
    """Yield what the client missed, at most REPLAY_LIMIT: a page that far behind is loaded anew anyway."""
    sent = 0
    while last is not None and sent < REPLAY_LIMIT:
        items = await run_in_threadpool(feed.after, last, topics)
        for item in items:
            yield item
        if not items:
            return
        last, sent = items[-1].id, sent + len(items)
