"""Tables of the audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime
from kernel.db.appendonly import append_only


class AuditEntry(Base):
    """One deed. `digest` covers the row's content and the previous entry's digest (SM3, hex)."""

    __tablename__ = "audit_entry"

    position: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(String(64), index=True)
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    detail: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The one row that says where the chain ends; locking it serialises the appenders."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String(64))


class AuditSeal(Base):
    """The chain's end as it was when a day had ended, signed (SM2). `previous` is the seal's before it."""

    __tablename__ = "audit_seal"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    position: Mapped[int] = mapped_column(Id)
    head: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    previous: Mapped[str] = mapped_column(String(128))
    public_key: Mapped[str] = mapped_column(String(128))
    signature: Mapped[str] = mapped_column(String(128))


def _tables() -> list[Any]:
    return [AuditEntry.__table__, AuditSeal.__table__]


for _table in _tables():
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
