"""Are the reviews still what was said? Each entry's digest is in the audit chain."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.reviews.entries import ENTRY_ACTION, entry_digest
from incidents.reviews.models import Review, ReviewEntry
from kernel.audit.attest import compare


def check_entries(session: Session) -> Iterator[str]:
    """Yield every entry that was altered, added or removed."""
    columns = [c for c in ReviewEntry.__table__.columns if c.name not in ("id", "review_id")]
    wanted = (
        select(Incident.number, *columns)
        .join(Review, Review.incident_id == Incident.id)
        .join(ReviewEntry, ReviewEntry.review_id == Review.id)
    )
    found = session.execute(wanted.execution_options(yield_per=1000))
    rows = ((f"review:{row.number}#{row.seq}", entry_digest(row._asdict())) for row in found)
    return compare(session, ENTRY_ACTION, rows)
