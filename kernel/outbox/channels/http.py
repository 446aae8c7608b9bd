"""What all channels over HTTP have in common: one POST a message, several at once, no way inside.

People type the addresses of robots and webhooks, so a message may not be made to knock on private doors
(SSRF): the name is resolved here, every address it has must be public, and the connection goes to the
address that was looked at. Redirects are not followed and no proxy of the environment is used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kernel.outbox.channels import Outcome
from kernel.outbox.models import Message
from kernel.settings import Settings

AT_ONCE = 8
MOST_READ = 64 * 1024
"""Bytes of an answer: enough for every gateway, too little to fill the memory."""
TRY_AGAIN = (408, 425, 429)


class Post(NamedTuple):
    """What to send."""

    url: str
    body: bytes
    headers: Mapping[str, str] = {}


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the answer as an object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def words(self) -> str:
        """The answer in one line."""
        return f"{self.status} {' '.join(self.body[:200].decode(errors='replace').split())}"


class Forbidden(ValueError):
    """The address leads where messages may not go."""


class HttpChannel(ABC):
    """Posts messages; a subclass says what and reads the answer."""

    trusted = False
    """Whether the address comes from the operator, who may well name a private one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def compose(self, message: Message) -> Post:
        """Return what to send; a ValueError means that it never can be."""

    def judge(self, answer: Answer) -> Outcome:
        """Say what an answer of the 200s means."""
        return Outcome(True, answer.words)

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        """Send several at once, so that one slow receiver holds up nobody else."""
        with asyncio.Runner() as runner:
            running = runner.run(self._begin(messages))
            while running:
                done, _ = runner.run(_first(running))
                for task in done:
                    yield running.pop(task), task.result()

    async def _begin(self, messages: Sequence[Message]) -> dict[asyncio.Task[Outcome], Message]:
        room = asyncio.Semaphore(AT_ONCE)
        return {asyncio.create_task(self._attempt(m, room)): m for m in messages}

    async def _attempt(self, message: Message, room: asyncio.Semaphore) -> Outcome:
        from httpx import HTTPError, InvalidURL

        try:
            post = self.compose(message)
            async with room, asyncio.timeout(self.settings.http_timeout):
                answer = await self._post(post)
        except (ValueError, InvalidURL) as error:  # also: an address that is forbidden or no name at all
            return Outcome(False, _words(error), permanent=True)
        except (HTTPError, OSError, TimeoutError) as error:
            return Outcome(False, _words(error))
        if 200 <= answer.status < 300:
            return self.judge(answer)
        refused = 300 <= answer.status < 500 and answer.status not in TRY_AGAIN
        return Outcome(False, answer.words, permanent=refused)

    async def _post(self, post: Post) -> Answer:
        import httpx

        url = httpx.URL(post.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await reachable(url.host, port, private=self.trusted or self.settings.private_addresses)
        headers = {"Content-Type": "application/json", **post.headers, "Host": url.netloc.decode("ascii")}
        target = url.copy_with(host=address)
        sni = {"sni_hostname": url.host}
        async with (
            httpx.AsyncClient(timeout=None, trust_env=False) as client,  # noqa: S113 - timed as a whole
            client.stream("POST", target, content=post.body, headers=headers, extensions=sni) as response,
        ):
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= MOST_READ:
                    break
            return Answer(response.status_code, body)


async def _first(running: Iterable[asyncio.Task[Outcome]]) -> tuple[set[asyncio.Task[Outcome]], Any]:
    return await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)


async def reachable(host: str, port: int, *, private: bool) -> str:
    """Return the address to connect to; raises Forbidden when any address of the host is not public."""
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = [str(info[4][0]) for info in infos]
    inside = [a for a in found if not _public(a)]
    if inside and not private:
        raise Forbidden(f"{host} is a private address ({inside[0]}); SHOUSHI_PRIVATE_ADDRESSES allows it")
    return found[0]


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return (mapped or found).is_global and not found.is_multicast


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return the body of a request."""
    return json.dumps(value, ensure_ascii=False).encode()


def shortened(text: str, octets: int) -> str:
    """Return the text cut to so many bytes of UTF-8, between characters, with a sign of it."""
    if len(text.encode()) <= octets:
        return text
    return text.encode()[: octets - 3].decode(errors="ignore") + "…"
