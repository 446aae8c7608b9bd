"""Where a handover is written to: a folder or a ZIP file, in bounded memory, each file with its SM3."""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from kernel.crypto import Sm3
from kernel.handover.parts import Part


class Writer(ABC):
    """Writes parts one after the other and keeps what the manifest says of them."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []

    def add(self, part: Part) -> None:
        """Write one part."""
        digest, size, count = Sm3(), 0, 0
        with self.opened(part.name) as out:
            for count, piece in enumerate(part.pieces, start=1):  # noqa: B007 - the last number is wanted
                digest.update(piece)
                size += len(piece)
                out.write(piece)
        rows = None if part.heads is None else count - part.heads
        self.written.append({"name": part.name, "sm3": digest.hexdigest(), "size": size, "rows": rows})

    @abstractmethod
    def opened(self, name: str) -> IO[bytes]:
        """Open a new file of the handover."""

    @abstractmethod
    def close(self) -> None:
        """Finish."""


class FolderWriter(Writer):
    """Writes below a new folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def opened(self, name: str) -> IO[bytes]:
        """Open a new file below the folder."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    def close(self) -> None:
        """Nothing remains to be done: each file is closed when it is written."""


class ZipWriter(Writer):
    """Writes into a new ZIP file (with 64-bit sizes where they are needed)."""

    def __init__(self, path: Path, now: datetime) -> None:
        super().__init__()
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED)
        self._at = now.timetuple()[:6]

    def opened(self, name: str) -> IO[bytes]:
        """Open a new member."""
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        return self._zip.open(info, "w", force_zip64=True)

    def close(self) -> None:
        """Write the directory of the ZIP file."""
        self._zip.close()
