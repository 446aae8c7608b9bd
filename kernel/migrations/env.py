"""Alembic's entry: runs the migrations on the database that kernel.db.migrate hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, TypeDecorator
from sqlalchemy.types import TypeEngine

from kernel.db import Base, Database, UtcDateTime
from kernel.models import import_all


def plain_type(kind: str, thing: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database, so that migrations import none of us."""
    if kind != "type" or not isinstance(thing, TypeEngine):
        return False
    if isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(thing, TypeDecorator):
        return f"sa.{type(thing.impl).__name__}()"
    if isinstance(thing, BigInteger) and "sqlite" in thing._variant_mapping:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


import_all()
database: Database = context.config.attributes["database"]

with database.write_engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=context.config.attributes.get("batch", True),
        render_item=plain_type,
        transaction_per_migration=False,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
