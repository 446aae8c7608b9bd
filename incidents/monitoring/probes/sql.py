"""SQL: a query that a database answers."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field, SecretStr
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from incidents.monitoring.probes import base

OWN = "self"


class SqlSpec(base.Spec):
    """A database URL without its password, or `self` for our own; only SELECT is asked."""

    url: str = Field(default=OWN, pattern=r"^(self|\w+(\+\w+)?://.*)$", max_length=500)
    query: str = Field(default="SELECT 1", pattern=r"(?i)^\s*select\b[^;]*$", max_length=1000)
    password: SecretStr | None = Field(default=None, max_length=200)


async def check(spec: SqlSpec, around: base.Around) -> str:
    """Ask once, in a thread: drivers block."""
    return await asyncio.to_thread(_ask, spec, around)


def _ask(spec: SqlSpec, around: base.Around) -> str:
    try:
        url = make_url(around.database_url if spec.url == OWN else spec.url)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if spec.password:
            url = url.set(password=spec.password.get_secret_value())
        engine = create_engine(url, poolclass=NullPool, connect_args=_patience(url.get_backend_name()))
        with engine.connect() as connection:
            rows = connection.execute(text(spec.query)).fetchmany(1)
            connection.rollback()
    except (SQLAlchemyError, ArgumentError, ImportError) as error:
        raise base.Failure(base.SQL_FAILED, type(error).__name__) from None
    return f"{len(rows)} row"


def _patience(backend: str) -> dict[str, Any]:
    if backend == "postgresql":
        return {
            "connect_timeout": 10,
            "options": "-c statement_timeout=10000 -c default_transaction_read_only=on",
        }
    return {"timeout": 5} if backend == "sqlite" else {}
