"""Daily seals: once a day the end of the audit chain is signed, so that not even whoever owns the database
can rewrite what came before. A seal fits on a line; printed in reports, it is out of anybody's reach.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit.attest import compare
from kernel.audit.models import AuditEntry, AuditHead, AuditSeal
from kernel.crypto import canonical_json, sm3_hex
from kernel.db.once import insert_once
from kernel.handover.parts import Part, Snapshot
from kernel.platform import Platform
from kernel.signing import signed_by
from kernel.web.i18n import gettext as _

FORM = "shoushi-seal-1"
ACTION = "audit.sealed"
_SIGNED = ("day", "position", "head", "sealed_at", "previous")


def seal_yesterday(platform: Platform) -> int:
    """Seal the chain for the day that has ended, once; returns how many seals were made (0 or 1)."""
    now = platform.clock.now()
    day = (now.astimezone(platform.zone) - timedelta(days=1)).date()
    with platform.db.read() as session:
        if session.get(AuditSeal, day.isoformat()) is not None or not _began_by(session, platform, day):
            return 0
    with platform.db.write("system") as session:
        return int(_seal(platform, session, now, day))


def _began_by(session: Session, platform: Platform, day: date) -> bool:
    first = session.scalar(select(AuditEntry.at).order_by(AuditEntry.position).limit(1))
    return first is not None and first.astimezone(platform.zone).date() <= day


def _seal(platform: Platform, session: Session, now: datetime, day: date) -> bool:
    position, head = audit.lock_head(session)
    last = latest_seal(session)
    seal = {
        "day": day.isoformat(),
        "position": position,
        "head": head,
        "sealed_at": now,
        "previous": last.signature if last else "",
    }
    signature = platform.signer.sign(signed_content(seal))
    row = {**seal, "public_key": platform.signer.public_key, "signature": signature}
    if not insert_once(session, AuditSeal, row):
        return False
    audit.record(session, now, ACTION, f"seal:{day}", {"digest": sm3_hex(canonical_json(row))})
    return True


def signed_content(seal: Mapping[str, Any]) -> bytes:
    """Return what the signature covers."""
    return canonical_json({name: seal[name] for name in _SIGNED})


def latest_seal(session: Session) -> AuditSeal | None:
    """Return the newest seal, to be printed in reports."""
    return session.scalar(select(AuditSeal).order_by(AuditSeal.day.desc()).limit(1))


def newest(session: Session, count: int = 31) -> Sequence[AuditSeal]:
    """Return the newest seals."""
    return session.scalars(select(AuditSeal).order_by(AuditSeal.day.desc()).limit(count)).all()


def as_file(seal: AuditSeal) -> dict[str, Any]:
    """Return the seal as a file that `shoushi verify` checks without a database."""
    names = (*_SIGNED, "public_key", "signature")
    values = {name: getattr(seal, name) for name in names}
    return {"form": FORM, **values, "sealed_at": seal.sealed_at.isoformat()}


def handover_parts(session: Session, _snapshot: Snapshot) -> Iterator[Part]:
    """Yield every seal as a file of a handover."""
    for seal in session.scalars(select(AuditSeal).order_by(AuditSeal.day)):
        yield Part(f"seals/{seal.day}.json", [json.dumps(as_file(seal)).encode()])


def verify_file(found: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a seal file: its shape or its signature."""
    texts = ("day", "head", "sealed_at", "previous", "public_key", "signature")
    if any(not isinstance(found.get(name), str) for name in texts):
        return [_("封印文件不完整")]
    if not isinstance(found.get("position"), int):
        return [_("封印文件不完整")]
    try:
        content = {**found, "sealed_at": datetime.fromisoformat(found["sealed_at"])}
        intact = signed_by(found["public_key"], signed_content(content), found["signature"])
    except ValueError:
        intact = False
    return [] if intact else [_("封印的签名不符：内容被改动，或不是用该公钥对应的私钥签的")]


def check_seals(session: Session) -> Iterator[str]:
    """Yield every seal that was altered, whose signature is wrong, or to which the chain does not lead."""
    seals = session.scalars(select(AuditSeal).order_by(AuditSeal.day)).all()
    previous = ""
    for seal in seals:
        name = f"seal:{seal.day}"
        content = {n: getattr(seal, n) for n in _SIGNED}
        if not signed_by(seal.public_key, signed_content(content), seal.signature):
            yield _("%(seal)s：签名不符", seal=name)
        if seal.previous != previous:
            yield _("%(seal)s：与前一日的封印不相连", seal=name)
        entry = session.get(AuditEntry, seal.position)
        if seal.position and (entry is None or entry.digest != seal.head):
            yield _("%(seal)s：审计记录第%(n)s条不再是封印时的内容", seal=name, n=seal.position)
        previous = seal.signature
    yield from compare(session, ACTION, ((f"seal:{s.day}", _digest(s)) for s in seals))


def _digest(seal: AuditSeal) -> str:
    names = (*_SIGNED, "public_key", "signature")
    return sm3_hex(canonical_json({name: getattr(seal, name) for name in names}))


def behind(session: Session, seal: AuditSeal) -> int:
    """Return how many entries the chain has grown by since the seal."""
    return (session.scalar(select(AuditHead.position)) or 0) - seal.position
