"""Turn a token, a cookie or a name into an actor: two prepared queries at most, every time anew.

Nothing is cached between requests, so a revoked token or an ended post counts at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from kernel.crypto import sm3_hex
from kernel.db import Database, UtcDateTime
from kernel.db.prepared import Listed
from kernel.errors import NotFound, Unauthenticated
from kernel.identity.actor import Actor, Grant
from kernel.identity.models import ApiToken, Holding, LoginSession, Person, Post, PostRole, Unit
from kernel.manifest import Catalogue
from kernel.web.i18n import gettext as _

_WHO = (
    Person.id.label("person_id"),
    Person.username,
    Person.display_name,
    Person.language,
    Person.must_change_password,
    Person.disabled_at,
)
_BY_NAME = select(*_WHO).where(Person.username == bindparam("name"))
_BY_TOKEN = (
    select(*_WHO, ApiToken.role, ApiToken.expires_at, ApiToken.revoked_at)
    .join(ApiToken, ApiToken.person_id == Person.id)
    .where(ApiToken.token_hash == bindparam("hash"))
)
_BY_COOKIE = (
    select(LoginSession, *_WHO)
    .join(Person, Person.id == LoginSession.person_id)
    .where(LoginSession.token_hash == bindparam("hash"))
)
_GRANTS = (
    select(PostRole.role, Unit.id, Unit.scope)
    .join(Post, Post.id == PostRole.post_id)
    .join(Unit, Unit.id == Post.unit_id)
    .join(Holding, Holding.post_id == Post.id)
    .where(Holding.person_id == bindparam("person"), Holding.since <= bindparam("now"))
    .where(or_(Holding.until.is_(None), Holding.until > bindparam("now")))
    .order_by(Holding.id, PostRole.role)
)


def _tokens_with_grants(hashes: Any) -> Select[Any]:
    now = bindparam("now", type_=UtcDateTime)
    held = and_(Holding.person_id == Person.id, Holding.since <= now)
    return (
        select(
            ApiToken.token_hash,
            Person.id,
            Person.username,
            Person.display_name,
            Person.language,
            ApiToken.role,
            PostRole.role,
            Unit.id,
            Unit.scope,
        )
        .select_from(ApiToken)
        .join(Person, Person.id == ApiToken.person_id)
        .outerjoin(Holding, and_(held, or_(Holding.until.is_(None), Holding.until > now)))
        .outerjoin(Post, Post.id == Holding.post_id)
        .outerjoin(PostRole, PostRole.post_id == Post.id)
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .where(ApiToken.token_hash.in_(hashes), ApiToken.revoked_at.is_(None))
        .where(or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now))
        .where(Person.disabled_at.is_(None))
        .order_by(ApiToken.token_hash, Holding.id, PostRole.role)
    )


_TOKENS_WITH_GRANTS = Listed(_tokens_with_grants, ApiToken.__table__.c.token_hash.type)
"""Whom good tokens speak for, with the roles held now, in one question."""


def actors_at_a_glance(
    database: Database, now: datetime, catalogue: Catalogue, values: Collection[str]
) -> dict[str, Actor]:
    """Return whom the good ones of these bearer tokens speak for; `actor_by_token` says what others lack."""
    by_hash = {sm3_hex(value.encode()): value for value in values}
    found = database.lookout.listed(_TOKENS_WITH_GRANTS, list(by_hash), {"now": now})
    return {by_hash[key]: _spoken_for(list(rows), catalogue) for key, rows in groupby(found, itemgetter(0))}


def _spoken_for(rows: Sequence[Any], catalogue: Catalogue) -> Actor:
    _hash, person_id, username, display_name, language, only = rows[0][:6]
    grants = tuple(Grant(*row[6:]) for row in rows if row[6] and (only is None or row[6] == only))
    rights = catalogue.rights_by(tuple((held.role, held.scope) for held in grants))
    return Actor(username, display_name, person_id, grants, rights, language)


def _actor(
    session: Session, now: datetime, catalogue: Catalogue, who: Any, *, only: str | None = None, **more: Any
) -> Actor:
    rows = session.execute(_GRANTS, {"person": who.person_id, "now": now})
    grants = tuple(Grant(*row) for row in rows if only is None or row[0] == only)
    return Actor(
        username=who.username,
        display_name=who.display_name,
        person_id=who.person_id,
        grants=grants,
        rights=catalogue.rights_by(tuple((held.role, held.scope) for held in grants)),
        language=who.language,
        **more,
    )


def actor_of(session: Session, now: datetime, catalogue: Catalogue, username: str) -> Actor:
    """Return the person as an actor, for commands that act in somebody's name; 404 without one."""
    who = session.execute(_BY_NAME, {"name": username}).one_or_none()
    if who is None:
        raise NotFound(_("没有用户“%(username)s”。", username=username))
    return _actor(session, now, catalogue, who)


def actor_by_token(session: Session, now: datetime, catalogue: Catalogue, value: str) -> Actor:
    """Return whom a bearer token speaks for; 401 when it is unknown, over, or the person disabled."""
    found = session.execute(_BY_TOKEN, {"hash": sm3_hex(value.encode())}).one_or_none()
    if found is None:
        raise Unauthenticated("令牌无效。请用 shoushi token create 重新生成。", code="invalid_token")
    if found.revoked_at or found.disabled_at or (found.expires_at and found.expires_at <= now):
        raise Unauthenticated("令牌已过期或已吊销。", code="invalid_token")
    return _actor(session, now, catalogue, found, only=found.role)


def actor_by_cookie(
    session: Session, now: datetime, catalogue: Catalogue, value: str, idle: timedelta
) -> tuple[Actor, LoginSession] | None:
    """Return whom a session cookie speaks for, or None when the session has ended."""
    found = session.execute(_BY_COOKIE, {"hash": sm3_hex(value.encode())}).one_or_none()
    if found is None:
        return None
    opened: LoginSession = found[0]
    if opened.revoked_at or found.disabled_at or opened.expires_at <= now or opened.seen_at + idle <= now:
        return None
    must_change = bool(found.must_change_password)
    actor = _actor(session, now, catalogue, found, session_id=opened.id, must_change_password=must_change)
    return actor, opened


def touch_session(session: Session, now: datetime, session_id: int) -> None:
    """Note that the session is in use (callers do this about once a minute)."""
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(seen_at=now))
