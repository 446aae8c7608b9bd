"""Consecutive numbers, one counter a series, allotted inside the caller's transaction."""

from __future__ import annotations

from sqlalchemy import Integer, String, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db.types import Base


class Counter(Base):
    """The last number given in a series."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


_NEXT = update(Counter).where(Counter.series == bindparam("s")).values(value=Counter.value + 1)
_READ = select(Counter.value).where(Counter.series == bindparam("s"))


def next_number(session: Session, series: str) -> int:
    """Return the next number of `series`, starting at 1. The row lock keeps two transactions apart."""
    changed = session.connection().execute(_NEXT, {"s": series})
    if changed.rowcount:
        return session.execute(_READ, {"s": series}).scalar_one()
    session.execute(insert(Counter), {"series": series, "value": 1})
    return 1
