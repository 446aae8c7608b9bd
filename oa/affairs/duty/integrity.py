"""Are the roster's changes still what was entered? Each one's digest is in the audit chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from oa.affairs.duty.models import DutyChange

ACTION = "duty.changed"


def subject(change_id: int) -> str:
    """Return how the audit chain calls a change."""
    return f"duty:change:{change_id}"


def change_digest(row: Mapping[str, Any]) -> str:
    """Return the SM3 of a change, as the audit chain keeps it."""
    return sm3_hex(canonical_json(dict(row)))


def check_changes(session: Session) -> Iterator[str]:
    """Yield every change that was altered, added or removed (`Manifest.checks`)."""
    found = session.execute(select(*DutyChange.__table__.columns).execution_options(yield_per=500))
    return compare(session, ACTION, ((subject(r.id), change_digest(r._asdict())) for r in found))
