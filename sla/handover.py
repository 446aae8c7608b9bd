"""What the contract adds to a handover: its texts, every version that was ever used."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.handover.parts import Part, Snapshot
from sla.pinned import ContractVersion


def parts(session: Session, _snapshot: Snapshot) -> Iterator[Part]:
    """Yield the contract texts."""
    for version in session.scalars(select(ContractVersion).order_by(ContractVersion.digest)):
        yield Part(f"contracts/{version.key}-{version.digest[:12]}.toml", [version.text.encode()])
