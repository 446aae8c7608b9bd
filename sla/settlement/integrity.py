"""Are the frozen statements still what was issued? Each version's digest stands in the audit chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.web.i18n import gettext as _
from sla.settlement.models import IssuedStatement

ISSUE_ACTION = "settlement.issued"


def subject(row: Mapping[str, Any]) -> str:
    """Return how the audit chain names a version."""
    return f"settlement:{row['contract']}:{row['year']}-{row['half']}#{row['version']}"


def version_digest(row: Mapping[str, Any]) -> str:
    """Return the SM3 of everything a version holds."""
    return sm3_hex(canonical_json({name: value for name, value in row.items() if name != "id"}))


def check_statements(session: Session) -> Iterator[str]:
    """Yield every statement that was altered, added or removed, and every body that is not its digest's."""
    names = [column.key for column in IssuedStatement.__table__.columns]
    found = session.scalars(select(IssuedStatement).order_by(IssuedStatement.id)).all()
    rows = [{name: getattr(each, name) for name in names} for each in found]
    yield from compare(session, ISSUE_ACTION, ((subject(row), version_digest(row)) for row in rows))
    for row in rows:
        if sm3_hex(str(row["body"]).encode()) != row["digest"]:
            yield _("%(subject)s：正文与摘要不符", subject=subject(row))
