"""Are the facts on record still what was told? Each row's digest stands in the audit chain."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from sla.obligations.models import ContractFact

FACT_ACTION = "fact.recorded"


def fact_digest(row: ContractFact) -> str:
    """Return the SM3 of everything a fact says."""
    names = (column.key for column in ContractFact.__table__.columns)
    return sm3_hex(canonical_json({name: getattr(row, name) for name in names}))


def check_facts(session: Session) -> Iterator[str]:
    """Yield every fact that was altered, added or removed."""
    rows = session.scalars(select(ContractFact).execution_options(yield_per=500))
    yield from compare(session, FACT_ACTION, ((f"fact:{row.id}", fact_digest(row)) for row in rows))
