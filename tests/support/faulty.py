"""A server that misbehaves in every way a target can, chosen by the path; small servers for other kinds."""

from __future__ import annotations

import asyncio
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from ipaddress import ip_address
from typing import Any

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Loop:
    """An event loop in a thread of its own; what it serves is gone when it is closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def close(self) -> None:
        self.run(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _cancel(self) -> None:
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Served:
    """A handler on a port of this machine."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._loop = Loop()
        self.hits: list[str] = []
        self._server = self._loop.run(asyncio.start_server(self._guard(handler), "127.0.0.1", 0, ssl=tls))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def _guard(self, handler: Handler) -> Any:
        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                return  # the client has gone, or the test is over
            finally:
                writer.transport.abort()

        return guarded

    def close(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._server.close)
        self._loop.close()


def _answer(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Faulty:
    """What happens is the path: /ok /wrong /error /hang /drip /huge /loop /cut; `down` refuses everything."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.down = False
        self.sent = 0
        self._served = Served(self._handle, tls)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._served.port}"
        self.port = self._served.port

    def close(self) -> None:
        self._served.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        if self.down:
            writer.write(_answer(b"down", "503 Service Unavailable"))
        elif path == "/hang":
            await asyncio.sleep(3600)
        elif path == "/drip":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while True:
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.02)
        elif path == "/huge":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n")
            for _ in range(1000):
                writer.write(b"x" * 10_000)
                self.sent += 10_000
                await writer.drain()
        elif path == "/loop":
            writer.write(_answer(b"", "302 Found", "location: /loop"))
        elif path == "/cut":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        else:
            body = "办公系统正常".encode() if path == "/ok" else b"It works!"
            writer.write(_answer(body, "500 Oops" if path == "/error" else "200 OK"))
        await writer.drain()


def saying(*lines: str) -> Handler:
    """A server that says its first line at once and one more after each line it hears."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()
            await reader.readline()

    return handle


class Names:
    """A name server that knows one name."""

    def __init__(self, name: str, address: str) -> None:
        self._loop = Loop()
        answer = self

        class Protocol(asyncio.DatagramProtocol):
            def connection_made(self, transport: Any) -> None:
                self.transport = transport

            def datagram_received(self, data: bytes, addr: Any) -> None:
                self.transport.sendto(answer.packet(data), addr)

        self._known = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"
        self._address = ip_address(address).packed
        made = self._loop.run(self._loop.loop.create_datagram_endpoint(Protocol, ("127.0.0.1", 0)))
        self._transport = made[0]
        self.port = int(self._transport.get_extra_info("sockname")[1])

    def packet(self, question: bytes) -> bytes:
        known = question[12:].startswith(self._known)
        head = question[:2] + struct.pack(">5H", 0x8180 if known else 0x8183, 1, int(known), 0, 0)
        record = struct.pack(">3HIH", 0xC00C, 1, 1, 60, 4) + self._address
        return head + question[12:] + (record if known else b"")

    def close(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._transport.close)
        self._loop.close()
