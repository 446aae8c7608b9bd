"""One request is one transaction, committed here and nowhere else.

`scope="function"` matters: FastAPI otherwise runs the code after `yield` once the response has gone, and a
commit that fails then would already have answered 200. tests/web proves that it doesn't.

On SQLite, writers queue on an asyncio lock, so that waiting requests hold no thread; a request that holds
the database always finds a thread to go on in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from kernel.platform import Platform

T = TypeVar("T")


def platform_of(request: Request) -> Platform:
    """Return the platform this process runs."""
    platform: Platform = request.app.state.platform
    return platform


def _gate(request: Request) -> Any:
    if not platform_of(request).db.is_sqlite:
        return nullcontext()
    state = request.app.state
    if not hasattr(state, "write_gate"):
        state.write_gate = asyncio.Lock()
    return state.write_gate


async def _write(request: Request) -> AsyncIterator[Session]:
    actor = getattr(request.state, "actor", None)
    async with _gate(request):
        session = platform_of(request).db.new_write(actor.username if actor else "anonymous")
        request.state.session = session
        try:
            yield session
            await run_in_threadpool(session.commit)
        finally:
            await _close(request, session)


async def _close(request: Request, session: Session) -> None:
    """End the session; only a database behind a network makes anybody wait for that."""
    if platform_of(request).db.is_sqlite:
        session.close()
    else:
        await run_in_threadpool(session.close)


async def _read(request: Request) -> AsyncIterator[Session]:
    with_session = platform_of(request).db.read()
    session = with_session.__enter__()
    try:
        yield session
    finally:
        await _close(request, session)


Write = Annotated[Session, Depends(_write, scope="function")]
Read = Annotated[Session, Depends(_read, scope="function")]


async def reading(request: Request, work: Callable[[Session], T]) -> T:
    """Return what `work` makes of a session that reads, in a thread: `Read` for routes without a solver."""

    def whole() -> T:
        with platform_of(request).db.read() as session:
            return work(session)

    return await run_in_threadpool(whole)
