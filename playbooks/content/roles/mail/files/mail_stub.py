"""A small mail server for local labs: takes every message and keeps it as a file. Needs aiosmtpd."""

from __future__ import annotations

import argparse
import asyncio
import itertools
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """Keeps messages in a folder; 250 is answered only once the file is written."""

    def __init__(self, spool: Path) -> None:
        spool.mkdir(parents=True, exist_ok=True)
        self._spool, self._numbers = spool, itertools.count(len(list(spool.iterdir())) + 1)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Store one message."""
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        (self._spool / f"{next(self._numbers):06}.eml").write_bytes(data)
        return "250 OK"


async def serve(port: int, keeper: Keeper) -> None:
    """Listen until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keeper, hostname="mail.lab", loop=loop), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--spool", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(serve(options.port, Keeper(options.spool)))


if __name__ == "__main__":
    main()
