"""Database access: one engine, read and write transactions, portable column types."""

from kernel.db.engine import Database
from kernel.db.types import Base, Id, JsonText, Money, UtcDateTime, table_of

__all__ = ["Base", "Database", "Id", "JsonText", "Money", "UtcDateTime", "table_of"]
