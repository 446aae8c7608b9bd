"""Are the verdicts still what was judged? Each version's digest is in the audit chain."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.attest import compare
from sla.cases.models import Case, VerdictRecord
from sla.cases.service import VERDICT_ACTION, record_digest


def check_verdicts(session: Session) -> Iterator[str]:
    """Yield every verdict version that was altered, added or removed."""
    wanted = select(Case.subject, VerdictRecord).join(Case, Case.id == VerdictRecord.case_id)
    found = session.execute(wanted.execution_options(yield_per=500))
    rows = (
        (f"case:{number}#{v.version}", record_digest(v.as_of, v.cause, v.digest, v.result))
        for number, v in found
    )
    return compare(session, VERDICT_ACTION, rows)
