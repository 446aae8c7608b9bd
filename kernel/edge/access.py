"""Who asks: bearer token or session cookie; and `require`, the permission that every route names."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from kernel.edge.scopes import header_of, state_of
from kernel.edge.together import Together
from kernel.edge.transactions import platform_of
from kernel.errors import AppError, Forbidden
from kernel.identity import actors
from kernel.identity.actor import ANONYMOUS, Actor
from kernel.platform import Platform

COOKIE = "shoushi_session"
TOUCH_EVERY = timedelta(minutes=1)


def identify(request: Request) -> Actor:
    """Find out who asks. A wrong token is an error; a stale cookie is just nobody."""
    platform = platform_of(request)
    now = platform.clock.now()
    request.state.csrf = ""
    if token := _token_of(request):
        with platform.db.read() as session:
            return actors.actor_by_token(session, now, platform.catalogue, token)
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return ANONYMOUS
    idle = timedelta(minutes=platform.settings.session_idle_minutes) * platform.clock.speed
    with platform.db.read() as session:
        known = actors.actor_by_cookie(session, now, platform.catalogue, cookie, idle)
    if known is None:
        return ANONYMOUS
    actor, opened = known
    request.state.csrf = opened.csrf
    if now - opened.seen_at > TOUCH_EVERY * platform.clock.speed:
        with platform.db.write(actor.username) as session:
            actors.touch_session(session, now, opened.id)
    return actor


def _token_of(request: Request) -> str:
    scheme, _, value = (header_of(request.scope, b"authorization") or "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


async def authenticate(request: Request) -> Actor:
    """Identify once a request and remember it on `request.state.actor`."""
    state = state_of(request.scope)
    known: Actor | None = state.get("actor")
    if known is not None:
        return known
    state["actor"] = ANONYMOUS  # what an error page shows when identification itself fails
    actor = await _at_a_glance(request)
    if actor is None:
        actor = await run_in_threadpool(identify, request)
    state["actor"] = actor
    return actor


async def _at_a_glance(request: Request) -> Actor | None:
    """Return whom a good token speaks for; requests that come together ask together."""
    token = _token_of(request)
    if not token:
        return None
    state_of(request.scope)["csrf"] = ""
    platform = platform_of(request)
    state = request.app.state
    if not hasattr(state, "glances"):
        state.glances = Together(partial(_good, platform), at_once=platform.db.is_sqlite)
    found: Actor | None = await state.glances(token)
    return found


def _good(platform: Platform, tokens: Collection[str]) -> dict[str, Actor]:
    return actors.actors_at_a_glance(platform.db, platform.clock.now(), platform.catalogue, tokens)


class require:  # noqa: N801 - reads as a word at the route
    """Dependency: the actor, who must have `permission`. Every route has one, or `public`."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Actor:
        """Return the actor or raise 401/403."""
        actor = await authenticate(request)
        actor.demand(self.permission)
        if actor.must_change_password and not request.url.path.startswith(("/account", "/logout", "/static")):
            raise MustChangePassword("请先修改初始密码。")
        return actor


class MustChangePassword(Forbidden):
    """The first password has to be replaced before anything else."""

    code = "must_change_password"


async def public(request: Request) -> Actor:
    """Dependency of the few routes that are for everybody; still says who asks."""
    try:
        return await authenticate(request)
    except AppError:
        return ANONYMOUS
