"""The first accounts: three administrators, kept apart from the first minute (三员分立)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from kernel.identity import service
from kernel.identity.models import Person, Post, Unit
from kernel.platform import Platform

ADMINISTRATORS = (("sysadmin", "系统管理员"), ("secadmin", "安全管理员"), ("auditor", "审计管理员"))


def has_people(platform: Platform) -> bool:
    """Whether anybody has an account yet."""
    with platform.db.read() as session:
        return session.scalar(select(Person.id).limit(1)) is not None


def add_administrators(platform: Platform, password: str, *, must_change: bool = True) -> list[str]:
    """Create the platform's own unit with the three administrators; returns their user names."""
    now = platform.clock.now()
    with platform.db.write("init") as session:
        unit = service.add_unit(session, now, "platform", "平台管理")
        for role, label in ADMINISTRATORS:
            post = service.add_post(session, now, unit, label, [role])
            person = service.add_person(
                session, now, role, label, password, must_change_password=int(must_change)
            )
            service.grant(session, now, platform.catalogue, person, post)
    return [role for role, _ in ADMINISTRATORS]


def add_member(
    platform: Platform,
    username: str,
    display_name: str,
    password: str,
    *,
    unit_key: str,
    roles: Iterable[str],
    unit_name: str = "",
    scope: str | None = None,
    email: str | None = None,
    must_change: bool = True,
) -> None:
    """Create a person with one post in a unit (made when missing), in one transaction."""
    now = platform.clock.now()
    roles = sorted(set(roles))
    post_name = "、".join(platform.catalogue.roles[r].label for r in roles)
    with platform.db.write("cli") as session:
        unit = session.scalar(select(Unit).where(Unit.key == unit_key))
        if unit is None:
            unit = service.add_unit(session, now, unit_key, unit_name or unit_key, scope=scope)
        post = session.scalar(select(Post).where(Post.unit_id == unit.id, Post.name == post_name))
        if post is None:
            post = service.add_post(session, now, unit, post_name, roles)
        person = service.add_person(
            session, now, username, display_name, password, email=email, must_change_password=int(must_change)
        )
        service.grant(session, now, platform.catalogue, person, post)
