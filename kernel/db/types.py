"""Portable column types: UTC times, money in fen, opaque JSON, integer ids.

Everything maps to what SQLite, PostgreSQL, openGauss and 达梦 all have: integers, text, timestamps.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, Table, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

FEN = Decimal("0.01")

Id = BigInteger().with_variant(Integer(), "sqlite")
"""Primary and foreign keys; SQLite only counts up by itself in a column called INTEGER."""


class Base(DeclarativeBase):
    """All tables of the product, with constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(model: type[Base]) -> Table:
    """Return a model's table, for statements that write many rows and need no objects."""
    return cast("Table", model.__table__)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; a naive one is a mistake and is refused.

    SQLite keeps text, in the form that SQLAlchemy gives it. It is written and read here directly: times are
    in every row, and the general way goes through four functions for each.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, convert to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return what makes of a time what the driver takes."""
        if dialect.name == "sqlite":
            return _to_text
        if self.impl_instance.bind_processor(dialect) is None:
            return _to_utc
        return super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what makes a time of what the driver gives."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _to_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


_written: list[tuple[datetime | None, str | None]] = [(None, None)]
"""The one time written last: the next is often the same object, in this row or in the one after it."""


def _to_text(value: datetime | None) -> str | None:
    known, text = _written[0]
    if known is not value:
        utc = _to_utc(value)
        text = None if utc is None else utc.isoformat(" ", "microseconds")[:26]
        _written[0] = value, text
    return text


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class Money(TypeDecorator[Decimal]):
    """Yuan with exactly two decimals, stored as whole fen."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Turn yuan into fen; more than two decimals are a mistake."""
        if value is None:
            return None
        if value != value.quantize(FEN, ROUND_HALF_UP):
            raise ValueError("money has at most two decimals")
        return int(value.scaleb(2))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Turn fen into yuan."""
        return None if value is None else Decimal(value).scaleb(-2)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


class JsonText(TypeDecorator[Any]):
    """Opaque JSON in a text column: never queried inside, the same on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Serialise."""
        return _JSON.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Parse."""
        return None if value is None else json.loads(value)
