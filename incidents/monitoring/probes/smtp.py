"""SMTP: banner, EHLO and, if wanted, STARTTLS."""

from __future__ import annotations

import asyncio

from pydantic import Field

from incidents.monitoring.probes import base


class SmtpSpec(base.Spec):
    """The mail server, and whether it must offer encryption."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=25, ge=1, le=65535)
    starttls: bool = True


async def check(spec: SmtpSpec, _around: base.Around) -> str:
    """Greet it once."""
    reader, writer = await asyncio.open_connection(spec.host, spec.port)
    try:
        banner = await _reply(reader, "220")
        writer.write(b"EHLO shoushi.probe\r\n")
        offered = await _reply(reader, "250")
        if spec.starttls:
            if "STARTTLS" not in offered.upper():
                raise base.Failure(base.PROTOCOL, "STARTTLS")
            writer.write(b"STARTTLS\r\n")
            await _reply(reader, "220")
    finally:
        writer.transport.abort()
    return banner.splitlines()[0][:120]


async def _reply(reader: asyncio.StreamReader, code: str) -> str:
    lines: list[str] = []
    while len(lines) < 100:
        try:
            line = (await reader.readline()).decode("utf-8", "replace").strip()
        except ValueError:
            raise base.Failure(base.PROTOCOL, "line too long") from None
        lines.append(line)
        if line[3:4] != "-":
            break
    if not lines[-1].startswith(code):
        raise base.Failure(base.PROTOCOL, lines[-1][:120])
    return "\n".join(lines)
