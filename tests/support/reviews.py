"""Short ways to let reviews happen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from incidents.reviews import actions, queries, rules, service
from incidents.reviews.models import Review
from sla.deadlines.models import ARMED, Deadline
from tests.support.stories import story
from tests.support.world import World

GOOD = rules.Content("config", "端口配错", "巡检发现", "改回配置", "加自动校验", "双人复核")


@story
def closed(world: World, *, late: bool = True, **report: Any) -> str:
    """Report, repair (late or in time) and close an incident; returns its number."""
    number = world.report(**report)
    world.happen(number, "responded", text="到")
    world.run_for(hours=6 if late else 1)
    world.happen(number, "restored", text="好")
    world.happen(number, "restoration_accepted", "wang", text="正常")
    world.happen(number, "closed", text="归档")
    return number


def submit(world: World, number: str, who: str = "lin", content: rules.Content = GOOD, **more: Any) -> None:
    with world.platform.db.write(who) as session:
        service.submit(world.platform, session, world.now, world.actor(who), number, content, **more)


def decide(world: World, number: str, *, accepted: bool = True, text: str | None = None) -> None:
    actor = world.actor("wang")
    with world.platform.db.write("wang") as session:
        service.decide(world.platform, session, world.now, actor, number, accepted=accepted, text=text)


def add(world: World, number: str, owner: str = "he", days: float = 8, title: str = "加校验") -> None:
    actor, due = world.actor("lin"), world.now + timedelta(days=days)
    with world.platform.db.write("lin") as session:
        actions.add(world.platform, session, world.now, actor, number, title, owner, due)


def move(world: World, number: str, kind: str, who: str, text: str | None = "见附件", seq: int = 1) -> None:
    with world.platform.db.write(who) as session:
        actor = world.actor(who)
        actions.move(world.platform, session, world.now, actor, number, seq, kind, text)


def detail(world: World, number: str, who: str = "auditor") -> queries.Detail:
    with world.platform.db.read() as session:
        return queries.detail(session, world.actor(who), number, world.now)


def armed(world: World, subject: str = "review") -> list[str]:
    with world.platform.db.read() as session:
        wanted = select(Deadline.rung).where(Deadline.subject == subject, Deadline.state == ARMED)
        return list(session.scalars(wanted.order_by(Deadline.due_at)))


def reviews(world: World) -> list[Review]:
    with world.platform.db.read() as session:
        return list(session.scalars(select(Review).order_by(Review.id)))
