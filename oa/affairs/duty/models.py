"""Tables of the roster: months, their shifts, what was changed afterwards, requests to swap."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, UtcDateTime
from kernel.db.appendonly import append_only


class DutyMonth(Base):
    """A month of the roster. Its shifts change while it is a draft and stand once it is published."""

    __tablename__ = "duty_month"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    month: Mapped[str] = mapped_column(String(7), unique=True)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by: Mapped[str | None] = mapped_column(String(64))


class DutyShift(Base):
    """Somebody's shift in a month."""

    __tablename__ = "duty_shift"
    __table_args__ = (Index("ix_duty_shift_time", "from_at", "to_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    month_id: Mapped[int] = mapped_column(ForeignKey("duty_month.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DutyChange(Base):
    """Somebody takes over for a time, by order or by a swap; laid over the shifts, the newest on top."""

    __tablename__ = "duty_change"
    __table_args__ = (Index("ix_duty_change_time", "to_at", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    role: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DutySwap(Base):
    """Somebody on the roster asks another to take over a time."""

    __tablename__ = "duty_swap"
    __table_args__ = (Index("ix_duty_swap_state", "state", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


assert isinstance(DutyChange.__table__, Table)  # noqa: S101 - narrows the type for mypy
append_only(DutyChange.__table__)
