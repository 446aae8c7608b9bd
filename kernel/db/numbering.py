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
    .values(value=_COUNTER.c.value + bindparam("many"))
    .returning(_COUNTER.c.value)
)


def next_number(session: Session, series: str) -> int:
    """Return the next number of `series`, starting at 1. The row lock keeps two transactions apart."""
    return next_numbers(session, series, 1)[0]


def next_numbers(session: Session, series: str, many: int) -> range:
    """Return so many numbers of `series`, the next ones."""
    wanted = {"s": series, "many": many}
    last = _NEXT.scalar(session, wanted)
    if last is None:
        new = insert_once(session, Counter, {"series": series, "value": many})
        last = many if new else _NEXT.scalar(session, wanted)
    return range(int(last) - many + 1, int(last) + 1)
