"""The port on which several web processes listen, each with a socket of its own.

One socket for all would hand new connections to whichever process looks first, which is mostly the same one
(libuv takes all that wait). With a socket each, the system deals connections out to those that listen, and
to nobody who has died or has not come up yet.
"""

from __future__ import annotations

import socket

from kernel.errors import ConfigError


def reserve(host: str, port: int) -> socket.socket:
    """Hold the port without listening, so that no other program takes it; ConfigError when one has.

    Port 0 gets a free one.
    """
    try:
        bound(host, port, shared=False).close()  # a second service of the same user could share it unnoticed
        return bound(host, port)
    except OSError as error:
        raise ConfigError(f"端口 {port} 无法使用：{error.strerror}") from None


def bound(host: str, port: int, *, shared: bool = True) -> socket.socket:
    """Return a socket at the address that does not listen yet; OSError when the port is another's."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
        found.bind((host, port))
    except BaseException:
        found.close()
        raise
    return found
