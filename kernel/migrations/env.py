"""Alembic's entry: runs the migrations on the database that kernel.db.migrate hands over."""

from __future__ import annotations

from alembic import context

from kernel.db import Base, Database
from kernel.models import import_all

import_all()
database: Database = context.config.attributes["database"]

with database.write_engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=database.is_sqlite,
        transaction_per_migration=False,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
