"""Who released which content for use: a checksum is used only while its last decision is a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from playbooks.models import PlaybookRelease

ACTION = "playbook.release"
RELEASED, WITHDRAWN = "released", "withdrawn"
DECISION_LABELS = {RELEASED: "发布", WITHDRAWN: "停用"}
FIELDS = ("kind", "entry", "checksum", "decision", "reason", "actor", "actor_name", "at")


def decide(
    session: Session,
    now: datetime,
    actor: Actor,
    kind: str,
    entry: str,
    checksum: str,
    decision: str,
    reason: str,
) -> None:
    """Release what somebody has read, or take it out of use; 422 without a reason, 409 when it is so."""
    if not reason.strip():
        raise Invalid.field("reason", "请写明审阅意见。")
    last = latest(session, kind, entry)
    same = last is not None and last.checksum == checksum
    if same and last is not None and last.decision == decision:
        raise Conflict("这份内容已有同样的决定，请刷新页面。", code="stale")
    if decision == WITHDRAWN and not same:
        raise Conflict("这份内容没有发布过。", code="impossible")
    row = {
        "kind": kind,
        "entry": entry,
        "checksum": checksum,
        "decision": decision,
        "reason": reason.strip(),
        "actor": actor.username,
        "actor_name": actor.display_name,
        "at": now,
    }
    session.execute(insert(PlaybookRelease), row)
    found = latest(session, kind, entry)
    assert found is not None  # noqa: S101 - just inserted
    detail = {"digest": digest_of(found), "checksum": checksum, "decision": decision}
    audit.record(session, now, ACTION, f"playbook:{found.id}", detail)


def latest(session: Session, kind: str, entry: str) -> PlaybookRelease | None:
    """Return the last decision on an entry, whatever its content was then."""
    wanted = select(PlaybookRelease).where(PlaybookRelease.kind == kind, PlaybookRelease.entry == entry)
    return session.scalar(wanted.order_by(PlaybookRelease.id.desc()).limit(1))


def history(session: Session, kind: str, entry: str) -> Sequence[PlaybookRelease]:
    """Return all decisions on an entry, the newest first."""
    wanted = select(PlaybookRelease).where(PlaybookRelease.kind == kind, PlaybookRelease.entry == entry)
    return session.scalars(wanted.order_by(PlaybookRelease.id.desc()).limit(100)).all()


def all_latest(session: Session) -> dict[tuple[str, str], PlaybookRelease]:
    """Return the last decision on every entry."""
    rows = session.scalars(select(PlaybookRelease).order_by(PlaybookRelease.id))
    return {(row.kind, row.entry): row for row in rows}


def released(session: Session, kind: str, entry: str, checksum: str) -> bool:
    """Whether exactly this content may be used."""
    last = latest(session, kind, entry)
    return last is not None and (last.checksum, last.decision) == (checksum, RELEASED)


def digest_of(row: PlaybookRelease) -> str:
    """Return the SM3 of a decision, as the audit chain keeps it."""
    return sm3_hex(canonical_json({name: getattr(row, name) for name in FIELDS}))


def check_releases(session: Session) -> Iterator[str]:
    """Yield every decision that was altered, added or removed (`Manifest.checks`)."""
    rows = session.scalars(select(PlaybookRelease).order_by(PlaybookRelease.id))
    return compare(session, ACTION, ((f"playbook:{row.id}", digest_of(row)) for row in rows))
