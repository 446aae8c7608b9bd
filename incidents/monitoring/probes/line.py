"""A line: latency and loss over several tries, by ICMP echo or TCP connections, which need no privilege."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median
from typing import Literal

from pydantic import Field

from incidents.monitoring.probes import base, icmp
from kernel.clock import SYSTEM

NOT_PERMITTED = "TCP; ICMP not permitted (net.ipv4.ping_group_range, CAP_NET_RAW)"


class LineSpec(base.Spec):
    """The far end, how to ask and how often, and what loss and latency are still right."""

    host: str = Field(min_length=1, max_length=253)
    method: Literal["tcp", "icmp"] = "tcp"
    port: int = Field(default=443, ge=1, le=65535)
    tries: int = Field(default=5, ge=2, le=20)
    loss_percent: int = Field(default=40, ge=0, le=99)
    latency_ms: int = Field(default=500, ge=1, le=60_000)
    patience_ms: int = Field(default=1000, ge=50, le=10_000)


async def check(spec: LineSpec, _around: base.Around) -> str:
    """Try `tries` times; where ICMP may not be sent, ask by TCP and say so."""
    try:
        if spec.method == "icmp":
            return judged(spec, await icmp.ping(spec.host, spec.tries, spec.patience_ms / 1000), "ICMP")
        how = "TCP"
    except icmp.NotPermitted:
        how = NOT_PERMITTED
    found = await asyncio.gather(*(_once(spec, i * 0.05) for i in range(spec.tries)))
    return judged(spec, found, how)


def judged(spec: LineSpec, found: Sequence[float | None], how: str) -> str:
    """Return loss and latency in words, or raise when they are not right."""
    times = [ms for ms in found if ms is not None]
    loss = round(100 * (1 - len(times) / spec.tries))
    latency = round(median(times)) if times else None
    detail = f"loss {loss} %, {'—' if latency is None else latency} ms ({how})"
    if loss > spec.loss_percent or latency is None:
        raise base.Failure(base.LOSS, detail)
    if latency > spec.latency_ms:
        raise base.Failure(base.SLOW, detail)
    return detail


async def _once(spec: LineSpec, wait: float) -> float | None:
    """Connect once; a connection that is refused has crossed the line too."""
    await asyncio.sleep(wait)
    begun = SYSTEM.monotonic()
    try:
        async with asyncio.timeout(spec.patience_ms / 1000):
            _reader, writer = await asyncio.open_connection(spec.host, spec.port)
        writer.transport.abort()
    except ConnectionRefusedError:
        return (SYSTEM.monotonic() - begun) * 1000
    except OSError:
        return None
    return (SYSTEM.monotonic() - begun) * 1000
