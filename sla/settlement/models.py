"""The statements that were issued: frozen, by version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime
from kernel.db.appendonly import append_only


class IssuedStatement(Base):
    """One version of a half-year's statement, as canonical JSON with its SM3."""

    __tablename__ = "settlement_statement"
    __table_args__ = (UniqueConstraint("contract", "year", "half", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract: Mapped[str] = mapped_column(String(80))
    year: Mapped[int] = mapped_column(Integer)
    half: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_by_name: Mapped[str] = mapped_column(String(80))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)


for _table in (IssuedStatement.__table__,):
    assert isinstance(_table, Table)  # noqa: S101 - narrows the type for mypy
    append_only(_table)
