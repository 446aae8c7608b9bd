"""A request whose write shares its commit with others: for what comes often and touches little.

The work runs in the writer's thread and makes the whole answer, so that the answer to an `Idempotency-Key`
is kept in the same savepoint as its effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from kernel.edge import idempotency
from kernel.edge.scopes import state_of
from kernel.edge.transactions import platform_of

Work = Callable[[Session], Response]
Answer = Callable[[Work], Awaitable[Response]]


async def _grouped(request: Request) -> Answer:
    async def answer(work: Work) -> Response:
        platform = platform_of(request)
        actor = state_of(request.scope).get("actor")
        keep = idempotency.claim_of(request)

        def whole(session: Session) -> Response:
            response = work(session)
            if keep is not None:
                idempotency.store(session, platform.clock.now(), *keep, response)
            return response

        name = actor.username if actor else "anonymous"
        response: Response = await platform.db.group.awaited(name, work if keep is None else whole)
        return response

    return answer


Grouped = Annotated[Answer, Depends(_grouped)]
"""`await grouped(work)`: the response that `work(session)` made, once it is committed."""
