"""A TCP relay for local labs: a line, or the door of an office whose route can be changed.

Each new connection goes to the address that the file --to holds at that moment (HOST:PORT). With --netns the
relay listens where it was started and connects from inside that network namespace. Standard library only.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
from contextlib import suppress
from pathlib import Path

CLONE_NEWNET = 0x40000000


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until the sender ends."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def way(to: Path) -> tuple[str, int]:
    """Return where the route leads now."""
    host, _, port = to.read_text().strip().rpartition(":")
    return host, int(port)


async def carry(to: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Connect along the route and carry both ways; a dead end closes the caller's connection."""
    host, port = way(to)
    try:
        far_reader, far_writer = await asyncio.open_connection(host, port)
    except OSError as error:
        print(f"{host}:{port}: {error}", flush=True)
        writer.close()
        return
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    far_writer.close()
    writer.close()


def enter(name: str) -> None:
    """Move this thread's future sockets into a named network namespace."""
    with Path("/run/netns", name).open() as space:
        if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


async def serve(port: int, to: Path, netns: str) -> None:
    """Listen until killed."""
    server = await asyncio.start_server(lambda r, w: carry(to, r, w), "127.0.0.1", port)
    if netns:
        enter(netns)
    await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--netns", default="")
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.to, options.netns))


if __name__ == "__main__":
    main()
