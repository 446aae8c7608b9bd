"""The files in the data folder: mail that was written there, attachments, whatever people put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kernel.handover.parts import Part

OTHERS = frozenset({"demo", "rehearsal", "tmp", "handover"})
_PIECE = 1 << 20


def parts(data_dir: Path) -> Iterator[Part]:
    """Yield every file except databases, keys, backups and what belongs to other databases."""
    for path in sorted(data_dir.rglob("*")) if data_dir.is_dir() else ():
        inner = path.relative_to(data_dir)
        private = inner.name.startswith("signing.key") or ".sqlite" in inner.name
        copies = inner.name.endswith((".tar.gz", ".part", ".zip")) or inner.parts[0].startswith(".shoushi")
        if path.is_file() and not path.is_symlink() and not (private or copies or OTHERS & set(inner.parts)):
            yield Part(f"files/{inner.as_posix()}", _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
