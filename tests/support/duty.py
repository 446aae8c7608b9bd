"""A published roster for stories: lin is primary, duan deputy, zhou leader, day after day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from kernel.identity.models import Person
from kernel.identity.setup import add_member
from oa.affairs.duty import rules, service
from tests.support.people import PASSWORD
from tests.support.world import World

MONTH = "2026-03"
STANDING = {rules.PRIMARY: "lin", rules.DEPUTY: "duan", rules.LEADER: "zhou"}


def add_deputy(world: World, email: str | None = "duan@example.test") -> None:
    add_engineer(world, "duan", "段工", email)


def add_ni(world: World) -> None:
    """One more engineer, who stands in no roster yet."""
    add_engineer(world, "ni", "倪工", "ni@example.test")


def add_engineer(world: World, username: str, name: str, email: str | None) -> None:
    add_member(
        world.platform, username, name, PASSWORD, unit_key="provider", roles=["engineer"], email=email,
        must_change=False,
    )  # fmt: skip


def ids(world: World) -> dict[str, int]:
    with world.platform.db.read() as session:
        return {p.username: p.id for p in session.scalars(select(Person))}


def cells(world: World, month: str = MONTH) -> dict[Any, int]:
    known = ids(world)
    return {(day, role): known[who] for day in rules.days_of(month) for role, who in STANDING.items()}


def publish(world: World, month: str = MONTH, by: str = "zhou") -> None:
    actor = world.actor(by)
    with world.platform.db.write(by) as session:
        service.save(world.platform, session, world.now, actor, month, cells(world, month))
        service.publish(world.platform, session, world.now, actor, month)


def take_over(world: World, who: str, role: str, start: datetime, end: datetime) -> None:
    span = rules.Span(role, ids(world)[who], start, end)
    with world.platform.db.write("zhou") as session:
        service.take_over(world.platform, session, world.now, "zhou", "override", span, "调班")
