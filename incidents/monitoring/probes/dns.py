"""DNS: a name that a server (or the system's resolver) knows, with the address that is right."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from ipaddress import ip_address
from typing import Literal

from pydantic import Field

from incidents.monitoring.probes import base

TYPES = {"A": 1, "AAAA": 28}
LENGTHS = {1: 4, 28: 16}


class DnsSpec(base.Spec):
    """The name to ask for, whom to ask (empty: the system), and the address expected (empty: any)."""

    name: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._-]+$")
    server: str = Field(default="", max_length=253)
    port: int = Field(default=53, ge=1, le=65535)
    type: Literal["A", "AAAA"] = "A"
    address: str = Field(default="", max_length=45)


async def check(spec: DnsSpec, _around: base.Around) -> str:
    """Ask once."""
    found = await (_from_server(spec) if spec.server else _from_system(spec))
    if not found or (spec.address and spec.address not in found):
        raise base.Failure(base.NOT_FOUND, ", ".join(found))
    return ", ".join(found)


async def _from_system(spec: DnsSpec) -> list[str]:
    family = socket.AF_INET if spec.type == "A" else socket.AF_INET6
    try:
        found = await asyncio.get_running_loop().getaddrinfo(spec.name, None, family=family)
    except socket.gaierror as error:
        raise base.Failure(base.NOT_FOUND, str(error.strerror)) from None
    return sorted({str(each[4][0]) for each in found})


class _Answer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.packet: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.packet.done():
            self.packet.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.packet.done():
            self.packet.set_exception(exc)


async def _from_server(spec: DnsSpec) -> list[str]:
    loop = asyncio.get_running_loop()
    number = secrets.randbits(16)
    transport, answer = await loop.create_datagram_endpoint(_Answer, remote_addr=(spec.server, spec.port))
    try:
        transport.sendto(question(number, spec.name, TYPES[spec.type]))
        packet = await answer.packet
    finally:
        transport.close()
    try:
        return addresses(packet, number, TYPES[spec.type])
    except (IndexError, ValueError, struct.error):
        raise base.Failure(base.PROTOCOL, packet[:16].hex()) from None


def question(number: int, name: str, kind: int) -> bytes:
    """Return the packet that asks for a name (RFC 1035)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.strip(".").split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)


def addresses(packet: bytes, number: int, kind: int) -> list[str]:
    """Return the addresses that an answer holds; ValueError when it answers another question."""
    answered, flags, questions, answers = struct.unpack_from(">4H", packet)
    if answered != number or not flags & 0x8000:
        raise ValueError("not an answer to this question")
    place, found = 12, []
    for _ in range(questions):
        place = _after_name(packet, place) + 4
    for _ in range(answers):
        place = _after_name(packet, place)
        what, _class, _ttl, length = struct.unpack_from(">2HIH", packet, place)
        place += 10
        if what == kind and length == LENGTHS[kind]:
            found.append(str(ip_address(packet[place : place + length])))
        place += length
    return found


def _after_name(packet: bytes, place: int) -> int:
    while packet[place]:
        if packet[place] & 0xC0:
            return place + 2
        place += packet[place] + 1
    return place + 1
