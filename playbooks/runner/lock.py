"""One process at a time for what must not run twice: a lock on a file, which ends with the process."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def holder() -> str:
    """Name this process among all machines."""
    return f"{host()}:{os.getpid()}"


def host() -> str:
    """Name this machine, as holders do."""
    return socket.gethostname()[:60]


def here(name: str | None) -> bool:
    """Whether a holder is of this machine."""
    return bool(name) and str(name).rpartition(":")[0] == host()


@contextmanager
def file_lock(folder: Path, number: str) -> Iterator[bool]:
    """Hold a number's lock file; yields False when a living process has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"{number}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
