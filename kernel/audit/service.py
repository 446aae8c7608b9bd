"""Record deeds and check that nobody has altered the record.

Entries are gathered in the session and chained just before it commits, so the lock on the chain's head
is held only for the commit itself and is always the last lock taken (no dead-locks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, event, select, update
from sqlalchemy.orm import Session

from kernel.audit.models import AuditEntry, AuditHead
from kernel.crypto import canonical_json, sm3_hex
from kernel.db import Database, table_of
from kernel.db.bulk import insert_many
from kernel.db.once import insert_once
from kernel.db.pending import pending, take
from kernel.db.prepared import Prepared
from kernel.web.i18n import gettext as _

GENESIS = "0" * 64
_PENDING = "audit"
_HELD = "audit_head_held"


class _Pending(NamedTuple):
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


class Problem(NamedTuple):
    """One thing wrong with the chain: at which position, and what."""

    position: int
    message: str


def record(
    session: Session, now: datetime, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add an entry to the transaction. `detail` must hold no secrets; times and decimals are fine."""
    text = canonical_json(dict(detail or {})).decode()
    actor = str(session.info.get("actor", "system"))
    pending(session, _PENDING).append(_Pending(now, actor, action, subject, text))


def entry_digest(previous: str, position: int, entry: Any) -> str:
    """Return the SM3 that links `entry` to its predecessor."""
    content = {
        "previous": previous,
        "position": position,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
    return sm3_hex(canonical_json(content))


_HEAD = Prepared(select(AuditHead.position, AuditHead.digest).where(AuditHead.id == 1).with_for_update())
_ADVANCE = Prepared(
    update(table_of(AuditHead))
    .where(table_of(AuditHead).c.id == 1)
    .values(position=bindparam("p"), digest=bindparam("d"))
)


@event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint; the chain is locked only when everything is committed
    entries: list[_Pending] = take(session, _PENDING)
    session.info[_HELD] = bool(entries)
    if not entries:
        return
    session.flush()
    position, digest = lock_head(session)
    rows = []
    for entry in entries:
        position += 1
        digest = entry_digest(digest, position, entry)
        rows.append({"position": position, "digest": digest, **entry._asdict()})
    insert_many(session, AuditEntry, rows)
    _ADVANCE.run(session, {"p": position, "d": digest})


def lock_head(session: Session) -> tuple[int, str]:
    """Hold the end of the chain until the commit, and return its position and digest."""
    found = _HEAD.rows(session, {})
    if not found:
        insert_once(session, AuditHead, {"id": 1, "position": 0, "digest": GENESIS})
        found = _HEAD.rows(session, {})
    position, digest = found[0]
    return position, digest


def hold_head(session: Session) -> None:
    """Hold the end of the chain until the commit that has begun; one that wrote entries holds it already."""
    if not session.info[_HELD]:
        lock_head(session)


def verify(database: Database) -> Iterator[Problem]:
    """Recompute the whole chain, yielding what does not fit; reads one state, in bounded memory."""
    previous, expected = GENESIS, 1
    with database.read() as session:
        head = session.execute(select(AuditHead.position, AuditHead.digest)).one_or_none()
        wanted = select(*AuditEntry.__table__.columns).order_by(AuditEntry.position)
        for entry in session.execute(wanted.execution_options(yield_per=1000)):
            if entry.position != expected:
                yield Problem(
                    expected, _("审计记录缺失：第%(a)s条至第%(b)s条", a=expected, b=entry.position - 1)
                )
            if entry_digest(previous, entry.position, entry) != entry.digest:
                yield Problem(entry.position, _("审计记录第%(n)s条与其摘要不符", n=entry.position))
            previous, expected = entry.digest, entry.position + 1
    if head is None and expected > 1:
        yield Problem(expected - 1, _("审计链的链头缺失"))
    if head is not None and (head.position, head.digest) != (expected - 1, previous):
        yield Problem(expected - 1, _("审计链末端与链头不符，末尾记录可能被删除"))
