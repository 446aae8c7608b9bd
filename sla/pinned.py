"""Contract versions in the database: what is judged by a version can be judged by it for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel import audit
from kernel.db import Base, Database, UtcDateTime
from kernel.db.once import insert_once
from kernel.errors import NotFound
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.amendments.models import Amendment
from sla.amendments.rules import AGREED, Agreed, in_force_at
from sla.contract import Contract
from sla.contract_file import ContractError, load_contract, parse_contract


class ContractVersion(Base):
    """The text of a contract file as it was when first used here."""

    __tablename__ = "contract_version"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


REFRESH_SECONDS = 5.0
_AGREED = select(Amendment.effective_at, Amendment.id, Amendment.digest).where(Amendment.state == AGREED)
_agreements: WeakKeyDictionary[Database, tuple[float, tuple[Agreed, ...]]] = WeakKeyDictionary()
_by_digest: dict[str, Contract] = {}
_lock = threading.Lock()


def in_force(platform: Platform, at: datetime | None = None) -> Contract:
    """Return the contract version that faults beginning at `at` (by default now) are judged by.

    That is the configured file, until an amendment agreed by both parties begins (`sla.amendments`).
    """
    digest = in_force_at(_agreed(platform), at or platform.clock.now())
    if digest is None:
        return load_contract(platform.settings.contract)
    if digest in _by_digest:
        return _by_digest[digest]
    with platform.db.read() as session:
        return version(session, digest)


def _agreed(platform: Platform) -> tuple[Agreed, ...]:
    """Return the agreed amendments, asking the database every few seconds only (`rules.AHEAD`)."""
    moment = platform.clock.monotonic()
    read_at, known = _agreements.get(platform.db, (-REFRESH_SECONDS, ()))
    if moment - read_at >= REFRESH_SECONDS:
        with platform.db.read() as session:
            rows = session.execute(_AGREED).all()
        known = tuple(Agreed(*row) for row in rows)
        _agreements[platform.db] = (moment, known)
    return known


def pin_at_start(platform: Platform) -> None:
    """Keep the text of the configured version, once; every process does this before it serves."""
    contract = load_contract(platform.settings.contract)
    with platform.db.read() as session:
        if session.get(ContractVersion, contract.digest) is not None:
            return
    with platform.db.write("system") as session:
        keep(session, platform.clock.now(), contract)


def keep(session: Session, now: datetime, contract: Contract) -> None:
    """Keep the text of a version for ever, once."""
    row = {"digest": contract.digest, "key": contract.key, "text": contract.text, "first_used_at": now}
    if insert_once(session, ContractVersion, row):
        detail = {"digest": contract.digest}
        audit.record(session, now, "contract.pinned", f"contract:{contract.key}", detail)


def check_versions(session: Session) -> Iterator[str]:
    """Yield every stored contract text that is no longer the version its digest names."""
    for row in session.scalars(select(ContractVersion)):
        try:
            intact = parse_contract(row.text, row.key).digest == row.digest
        except ContractError:
            intact = False
        if not intact:
            yield _("合同版本%(digest)s：文本与摘要不符", digest=row.digest[:12])


def version(session: Session, digest: str) -> Contract:
    """Return the contract version with this digest; 404 when it was never used here."""
    found = _by_digest.get(digest)
    if found is None:
        row = session.get(ContractVersion, digest)
        if row is None:
            raise NotFound(_("没有合同版本 %(digest)s。", digest=digest[:12]))
        found = parse_contract(row.text, f"{row.key}@{digest[:12]}")
        with _lock:
            _by_digest[digest] = found
    return found
