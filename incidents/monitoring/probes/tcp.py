"""TCP: a port that accepts connections."""

from __future__ import annotations

import asyncio

from pydantic import Field

from incidents.monitoring.probes import base


class TcpSpec(base.Spec):
    """A port; with `expect`, what it says first must contain that."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(ge=1, le=65535)
    expect: str = Field(default="", max_length=100)


async def check(spec: TcpSpec, _around: base.Around) -> str:
    """Connect once."""
    reader, writer = await asyncio.open_connection(spec.host, spec.port)
    try:
        if spec.expect:
            said = (await reader.read(1024)).decode("utf-8", "replace")
            if spec.expect not in said:
                raise base.Failure(base.PROTOCOL, said[:80].strip())
    finally:
        writer.transport.abort()
    return f"{spec.host}:{spec.port}"
