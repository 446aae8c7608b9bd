"""Consecutive numbers, one counter a series, allotted inside the caller's transaction."""

from __future__ import annotations

from sqlalchemy import Integer, String, bindparam, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db.once import insert_once
from kernel.db.prepared import Prepared
from kernel.db.types import Base, table_of


class Counter(Base):
    """The last number given in a series."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


_COUNTER = table_of(Counter)
_NEXT = Prepared(
    update(_COUNTER)
    .where(_COUNTER.c.series == bindparam("s"))
    .values(value=_COUNTER.c.value + 1)
    .returning(_COUNTER.c.value)
)


def next_number(session: Session, series: str) -> int:
    """Return the next number of `series`, starting at 1. The row lock keeps two transactions apart."""
    found = _NEXT.scalar(session, {"s": series})
    if found is None:
        if insert_once(session, Counter, {"series": series, "value": 1}):
            return 1
        found = _NEXT.scalar(session, {"s": series})
    return int(found)
