"""`Idempotency-Key` on every POST of the API: the first answer again, or 422 for another body.

The answer is stored in the request's own transaction, so a key exists exactly when its effect does.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from fastapi import Request, Response
from sqlalchemy import Index, Integer, String, Text, UniqueConstraint, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.crypto import sm3_hex
from kernel.db import Base, Id, UtcDateTime
from kernel.edge.scopes import header_of, state_of
from kernel.edge.transactions import platform_of
from kernel.errors import Conflict, Invalid
from kernel.platform import Platform

HEADER = "idempotency-key"
KEEP = timedelta(days=7)


class IdempotencyKey(Base):
    """An answer that was given."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"), Index("ix_idempotency_key_at", "created_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(128))
    body_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Claim(NamedTuple):
    """The key that a request carries: whose it is, and for what."""

    owner: str
    key: str
    digest: str


def claim_of(request: Request) -> Claim | None:
    """Return the request's key, None when it has none."""
    found: Claim | None = state_of(request.scope).get("idempotency")
    return found


def digest_of(request: Request, body: bytes) -> str:
    """Return what identifies the request: method, path and body."""
    return sm3_hex(f"{request.method} {request.url.path}\n".encode() + body)


def replay(session: Session, owner: str, key: str, digest: str) -> Response | None:
    """Return the stored answer; 422 when the key was used for something else."""
    row = session.scalar(
        select(IdempotencyKey).where(IdempotencyKey.owner == owner, IdempotencyKey.key == key)
    )
    if row is None:
        return None
    if row.body_digest != digest:
        raise Invalid.field(
            HEADER, "这个 Idempotency-Key 已用于另一个请求，请换一个新的键。", code="key_reused"
        )
    headers = json.loads(row.headers) | {"idempotency-replayed": "true"}
    return Response(row.body, status_code=row.status, headers=headers)


def store(session: Session, now: datetime, owner: str, key: str, digest: str, response: Response) -> None:
    """Keep the answer in the request's own transaction."""
    kept = {k: v for k, v in response.headers.items() if k in {"content-type", "location", "etag"}}
    try:
        session.execute(
            insert(IdempotencyKey),
            {
                "owner": owner,
                "key": key,
                "body_digest": digest,
                "status": response.status_code,
                "headers": json.dumps(kept),
                "body": bytes(response.body).decode(),
                "created_at": now,
            },
        )
    except IntegrityError:
        raise Conflict("同一个 Idempotency-Key 的请求正在处理，请稍后重试。", code="key_in_use") from None


def checked_key(request: Request) -> str | None:
    """Return the request's key, None when it has none; 422 when it is no usable key."""
    key = header_of(request.scope, HEADER.encode())
    if key is not None and not (0 < len(key) <= 128 and key.isascii() and key.isprintable()):
        raise Invalid.field(HEADER, "Idempotency-Key 应为1至128个可见ASCII字符。")
    return key


def prune(platform: Platform) -> int:
    """Forget keys nobody will repeat."""
    with platform.db.write("idempotency") as session:
        done = session.execute(
            delete(IdempotencyKey).where(IdempotencyKey.created_at < platform.clock.now() - KEEP)
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def lookup(request: Request, owner: str, key: str, digest: str) -> Response | None:
    """Look for a stored answer in a session of its own."""
    with platform_of(request).db.read() as session:
        return replay(session, owner, key, digest)
