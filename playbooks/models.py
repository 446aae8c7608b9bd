"""Tables of the catalogue: who released which content for use, and which machines are being worked on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime, table_of
from kernel.db.appendonly import append_only


class PlaybookRelease(Base):
    """A decision on one checksum of an entry: released for use, or withdrawn again."""

    __tablename__ = "playbook_release"
    __table_args__ = (Index("ix_playbook_release_entry", "kind", "entry", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    """scenario or repair."""
    entry: Mapped[str] = mapped_column(String(40))
    checksum: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str] = mapped_column(String(12))
    """released or withdrawn."""
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class MachineHold(Base):
    """A machine that a drill or a repair holds; the key keeps every other away from it."""

    __tablename__ = "machine_hold"

    machine: Mapped[str] = mapped_column(String(255), primary_key=True)
    holder: Mapped[str] = mapped_column(String(20), index=True)
    """The number of the drill or of the repair."""


append_only(table_of(PlaybookRelease))
