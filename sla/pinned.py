"""Contract versions in the database: what is judged by a version can be judged by it for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel import audit
from kernel.db import Base, UtcDateTime
from kernel.db.once import insert_once
from kernel.errors import NotFound
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.contract_file import ContractError, load_contract, parse_contract


class ContractVersion(Base):
    """The text of a contract file as it was when first used here."""

    __tablename__ = "contract_version"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


_by_digest: dict[str, Contract] = {}
_lock = threading.Lock()


def in_force(platform: Platform) -> Contract:
    """Return the contract version that new incidents are judged by."""
    return load_contract(platform.settings.contract)


def pin_at_start(platform: Platform) -> None:
    """Keep the text of the version in force, once; every process does this before it serves."""
    contract = in_force(platform)
    now = platform.clock.now()
    with platform.db.read() as session:
        if session.get(ContractVersion, contract.digest) is not None:
            return
    with platform.db.write("system") as session:
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
