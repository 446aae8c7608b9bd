"""Who holds which role now: whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import bindparam, null, or_, select
from sqlalchemy.orm import Session

from kernel.db import table_of
from kernel.db.prepared import Listed, Prepared
from kernel.identity.models import Holding, Person, Post, PostRole, Unit

_WITH_ROLE = (
    select(Person.id, Person.username, Person.display_name, Person.email, Unit.scope, Person.phone)
    .join(Holding, Holding.person_id == Person.id)
    .join(Post, Post.id == Holding.post_id)
    .join(Unit, Unit.id == Post.unit_id)
    .join(PostRole, PostRole.post_id == Post.id)
    .where(Person.disabled_at.is_(None))
    .where(Holding.since <= bindparam("now"), or_(Holding.until.is_(None), Holding.until > bindparam("now")))
    .order_by(Person.id)
)


@cache
def _with_role(roles: tuple[str, ...]) -> Prepared:
    return Prepared(_WITH_ROLE.where(or_(*(PostRole.role == role for role in roles))))


_BY_ID = Listed(
    lambda ids: select(
        Person.id, Person.username, Person.display_name, Person.email, null(), Person.phone
    ).where(Person.id.in_(ids), Person.disabled_at.is_(None)),
    table_of(Person).c.id.type,
)


class Recipient(NamedTuple):
    """Somebody who can be told something, with the scope of the unit that makes it their business."""

    id: int
    username: str
    display_name: str
    email: str | None
    scope: str | None
    phone: str | None = None


def names_of(session: Session, usernames: Iterable[str]) -> dict[str, str]:
    """Return the names people are known by, for pages; records keep the user names."""
    wanted = select(Person.username, Person.display_name).where(Person.username.in_(sorted(set(usernames))))
    return dict(session.execute(wanted).tuples().all())


def people_with_role(session: Session, now: datetime, roles: Iterable[str]) -> list[Recipient]:
    """Return the people who hold any of `roles`, each with the unit's scope, without those disabled."""
    rows = _with_role(tuple(roles)).rows(session, {"now": now})
    return list(dict.fromkeys(Recipient(*row) for row in rows))


def people_by_id(session: Session, ids: Iterable[int]) -> list[Recipient]:
    """Return these people, without those disabled; no unit makes it their business."""
    return [Recipient(*row) for row in sorted(_BY_ID.rows(session, sorted(set(ids))))]
