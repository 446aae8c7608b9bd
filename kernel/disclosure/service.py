"""Enter an export into the register, attest it in the audit chain, and find a file again by its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.disclosure.models import Disclosure
from kernel.errors import Invalid
from kernel.identity.actor import Actor

ACTION = "disclosure"
KIND_LABELS = {
    "evidence": "故障证据",
    "report": "服务报告",
    "frozen_report": "定稿月报",
    "review": "复盘报告",
    "drill": "演练报告",
    "settlement": "结算单",
    "notice": "违约通知书",
    "incidents": "故障事件",
    "disclosures": "数据提供登记",
    "backup": "备份",
    "handover": "数据移交",
}
NEEDS_PURPOSE = ("handover", "incidents")
_CONTENT = ("at", "actor", "actor_name", "kind", "subject", "form", "records", "size", "digest", "purpose")


def disclose(
    session: Session,
    now: datetime,
    actor: Actor,
    kind: str,
    subject: str,
    content_digest: str,
    size: int,
    records: int,
    *,
    purpose: str | None = None,
    form: str = "json",
) -> Disclosure:
    """Enter an export; 422 when one of the big ones comes without a purpose."""
    purpose = (purpose or "").strip() or None
    demand_purpose(kind, purpose)
    entry = Disclosure(
        at=now,
        actor=actor.username,
        actor_name=actor.display_name,
        kind=kind,
        subject=subject[:200],
        form=form,
        records=records,
        size=size,
        digest=content_digest,
        purpose=purpose,
    )
    session.add(entry)
    session.flush()
    detail = {"digest": entry_digest(vars(entry)), "kind": kind, "subject": entry.subject}
    audit.record(session, now, ACTION, f"disclosure:{entry.id}", detail)
    return entry


def demand_purpose(kind: str, purpose: str | None) -> None:
    """Raise 422 when one of the big ones comes without a purpose."""
    if kind in NEEDS_PURPOSE and not (purpose or "").strip():
        raise Invalid.field("purpose", "请写明提供给谁、作何用途。")


def entry_digest(row: Mapping[str, Any]) -> str:
    """Return the SM3 of an entry, as the audit chain keeps it."""
    return sm3_hex(canonical_json({name: row[name] for name in _CONTENT}))


def check_register(session: Session) -> Iterator[str]:
    """Yield every entry of the register that was altered, added or removed."""
    columns = [c for c in Disclosure.__table__.columns if c.name in ("id", *_CONTENT)]
    found = session.execute(select(*columns).execution_options(yield_per=1000))
    rows = ((f"disclosure:{row.id}", entry_digest(row._asdict())) for row in found)
    return compare(session, ACTION, rows)


def issued(session: Session, digest: str) -> Disclosure | None:
    """Return the first time a file with this SM3 left the platform."""
    wanted = select(Disclosure).where(Disclosure.digest == digest).order_by(Disclosure.id)
    return session.scalar(wanted.limit(1))
