"""Consecutive numbers, one counter a series, allotted inside the caller's transaction."""

from __future__ import annotations

from sqlalchemy import Integer, String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db.once import insert_once
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
    connection = session.connection()
    if not connection.execute(_NEXT, {"s": series}).rowcount:
        if insert_once(session, Counter, {"series": series, "value": 1}):
            return 1
        connection.execute(_NEXT, {"s": series})
    return int(connection.execute(_READ, {"s": series}).scalar_one())
