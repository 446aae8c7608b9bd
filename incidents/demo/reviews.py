"""The month's reviews: one accepted with its action items verified, one with party A, one sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from incidents.demo import script
from incidents.demo.review_texts import ACTIONS, CONTENTS, CORE, ORDINARY, QUEUE, STORAGE
from incidents.models import Incident
from incidents.reviews import actions, rules, service
from incidents.reviews.models import Review

if TYPE_CHECKING:
    from incidents.demo.player import Player

Call = Callable[..., Any]


def schedule(player: Player) -> None:
    """Put the reviews on the month's agenda."""
    at = _agenda(player)
    for evening in range(1, 26):
        player.at(player.start + timedelta(days=evening, minutes=990), _routine(player))
    at(10.5, "engineer", service.submit, CORE, CONTENTS[CORE])
    for day, title in ((10.6, CORE), (13.6, QUEUE)):
        for what, owner, days in ACTIONS[title]:
            until = player.start + timedelta(days=day + days)
            at(day, "manager", actions.add, title, what, owner, until)
    at(11.4, "supervisor", service.decide, CORE, accepted=True, text="原因清楚，措施可行。")
    at(15.5, "engineer", actions.move, CORE, 1, "done", "备件三块已入库，入库单见附件。")
    at(16.4, "supervisor", actions.move, CORE, 1, "verified", "现场核对无误。")
    at(13.5, "engineer", service.submit, QUEUE, CONTENTS[QUEUE])
    at(26.5, "manager", service.submit, STORAGE, CONTENTS[STORAGE])
    at(27.4, "supervisor", service.decide, STORAGE, accepted=False, text="请说明电池为何未按期检测。")


def _routine(player: Player) -> Callable[[], None]:
    """Every evening the ordinary reviews are written, and party A accepts them."""

    def act() -> None:
        owed = select(Incident.number, Incident.fault_class).join(Review, Review.incident_id == Incident.id)
        owed = owed.where(Review.state == rules.OWED, Incident.title.not_in(CONTENTS)).order_by(Review.id)
        with player.platform.db.write("engineer") as session:
            for number, fault_class in session.execute(owed).all():
                content = ORDINARY[fault_class]
                now, actors = player.clock.now(), player.actors
                service.submit(player.platform, session, now, actors["engineer"], number, content)
                service.decide(player.platform, session, now, actors["supervisor"], number, accepted=True)

    return act


def _agenda(player: Player) -> Call:
    def at(day: float, who: str, do: Call, title: str, *args: Any, **more: Any) -> None:
        def act() -> None:
            now = player.clock.now()
            with player.platform.db.write(who) as session:
                number = session.scalars(select(Incident.number).where(Incident.title == title)).one()
                do(player.platform, session, now, player.actors[who], number, *args, **more)

        player.at(player.start + timedelta(minutes=day * script.DAY), act)

    return at
