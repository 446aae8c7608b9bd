"""ICMP echo without a helper program: an unprivileged socket where the kernel allows it, else a raw one."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

from kernel.clock import SYSTEM

ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}
"""Type of the question and of the answer."""
PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
GAP = 0.05
"""Seconds between two questions."""


class NotPermitted(Exception):
    """This process may not send ICMP."""


def open_socket(family: int) -> tuple[socket.socket, bool]:
    """Return a socket and whether it is raw; NotPermitted when neither kind is allowed."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            opened = socket.socket(family, kind, PROTOCOL[socket.AddressFamily(family)])
        except PermissionError:
            continue
        return opened, kind == socket.SOCK_RAW
    raise NotPermitted


async def ping(host: str, tries: int, patience: float) -> list[float | None]:
    """Ask `tries` times; returns the milliseconds of each answer, None for one that did not come in time."""
    loop = asyncio.get_running_loop()
    family, _, _, _, address = (await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM))[0]
    asked, raw = open_socket(family)
    ident, sent, found = os.urandom(2), dict[int, float](), dict[int, float]()

    async def listen() -> None:
        while len(found) < tries:
            number = answer(await loop.sock_recv(asked, 2048), family, ident if raw else None)
            if number in sent and number not in found:
                found[number] = (SYSTEM.monotonic() - sent[number]) * 1000

    with asked:
        asked.setblocking(False)
        asked.connect(address)
        listening = loop.create_task(listen())
        try:
            for number in range(tries):
                sent[number] = SYSTEM.monotonic()
                await loop.sock_sendall(asked, question(family, ident, number))
                await asyncio.sleep(GAP)
            await asyncio.wait((listening,), timeout=patience)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
    return [found.get(number) for number in range(tries)]


def question(family: int, ident: bytes, number: int) -> bytes:
    """Return an echo request; the kernel reckons the checksum of IPv6 itself."""
    kind = ECHO[socket.AddressFamily(family)][0]
    rest = ident + struct.pack(">H", number) + b"shoushi-probe"
    if family == socket.AF_INET6:
        return struct.pack(">BBH", kind, 0, 0) + rest
    return struct.pack(">BBH", kind, 0, checksum(struct.pack(">BBH", kind, 0, 0) + rest)) + rest


def checksum(data: bytes) -> int:
    """Return the ones' complement of the ones' complement sum of 16-bit words (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def answer(data: bytes, family: int, ident: bytes | None) -> int | None:
    """Return the number of the question that this packet answers; a raw socket hears those of others too."""
    if ident is not None and family == socket.AF_INET:
        data = data[(data[0] & 0x0F) * 4 :] if data else data
    if len(data) < 8 or data[0] != ECHO[socket.AddressFamily(family)][1]:
        return None
    if ident is not None and data[4:6] != ident:
        return None
    return int.from_bytes(data[6:8], "big")
