"""Every table as CSV (RFC 4180) and as JSON Lines, without secrets."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from kernel.db import Base
from kernel.db.stamp import Stamp
from kernel.handover.parts import Part
from kernel.outbox.reach.rules import masked

LEFT_OUT_TABLES = frozenset({"login_session", "idempotency_key", "person_contact"})
LEFT_OUT_COLUMNS = {
    "person": frozenset({"password_hash"}),
    "api_token": frozenset({"token_hash"}),
    "probe": frozenset({"secrets", "beat_token"}),
}
"""What would let its holder act in somebody's name; nobody needs it to own the data."""
_TOKEN = re.compile(r"\b\d+\.\d+\.[0-9a-f]{40}\b")
_BLOTTED: dict[str, dict[str, Callable[[str], str]]] = {
    "outbox_message": {"address": masked, "body": lambda body: _TOKEN.sub("…", body)}
}
"""Columns of which only a part is secret: a robot's path, a one-time link."""
_BATCH = 1000


def tables() -> list[Table]:
    """Return the tables that are handed over, in the order of their foreign keys."""
    assert Stamp.__table__ is not None  # noqa: S101 - the kernel's own tables are loaded
    return [t for t in Base.metadata.sorted_tables if t.name not in LEFT_OUT_TABLES]


def columns_of(table: Table) -> list[str]:
    """Return the columns of a table that are handed over."""
    hidden = LEFT_OUT_COLUMNS.get(table.name, frozenset())
    return [c.name for c in table.columns if c.name not in hidden]


def parts(session: Session) -> Iterator[Part]:
    """Yield each table twice: as CSV with a head, and as JSON Lines."""
    for table in tables():
        yield Part(f"tables/{table.name}.csv", _csv(session, table), 1)
        yield Part(f"tables/{table.name}.jsonl", _jsonl(session, table), 0)


def _rows(session: Session, table: Table) -> Iterator[dict[str, Any]]:
    names = columns_of(table)
    wanted = select(*(table.c[n] for n in names)).order_by(*table.primary_key.columns)
    for row in session.execute(wanted.execution_options(yield_per=_BATCH)):
        found = dict(zip(names, row, strict=True))
        for name, blot in _BLOTTED.get(table.name, {}).items():
            found[name] = blot(found[name])
        yield found


def _csv(session: Session, table: Table) -> Iterator[bytes]:
    yield _line(columns_of(table))
    for row in _rows(session, table):
        yield _line([_cell(value) for value in row.values()])


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return _plain(value)


def _jsonl(session: Session, table: Table) -> Iterator[bytes]:
    for row in _rows(session, table):
        yield json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return base64.b64encode(bytes(value)).decode()
