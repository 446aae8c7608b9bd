"""What a handover consists of: named parts whose content comes in pieces, so that size costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    """A file of the handover. Where each piece is a record, `heads` says how many pieces come before them."""

    name: str
    pieces: Iterable[bytes]
    heads: int | None = None


class Snapshot(NamedTuple):
    """What a handover is made from, besides the session."""

    now: datetime
    data_dir: Path
