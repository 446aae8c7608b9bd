"""The month's decisions: penalties accepted, waived, upheld, withdrawn; one claim for two incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from incidents.claims import queries
from incidents.claims import service as claims
from incidents.demo.script import FLOOD
from sla.penalties import service
from sla.penalties.models import Penalty

if TYPE_CHECKING:
    from incidents.demo.player import Player

CONFIRM = ("supervisor", "confirm", "核对事件与评判，确认。")
CONTEST = ("manager", "contest", "当时正在配合甲方机房检修，附联系单。")
PATHS = (
    (CONFIRM, ("manager", "accept", "接受。")),
    (CONFIRM, CONTEST, ("supervisor", "waive", "经核实属检修影响，免除。")),
    (CONFIRM, CONTEST, ("supervisor", "uphold", "检修已于前一日结束，异议不成立。")),
    (CONFIRM,),
    (("supervisor", "withdraw", "与另一起故障同因，不重复计违约。"),),
)
"""What becomes of the first, the second … penalty of the month; one step an evening."""


def schedule(player: Player) -> None:
    """Put the decisions on the month's agenda; what the last days bring is left to the visitor."""
    for evening in range(1, 28):
        player.at(player.start + timedelta(days=evening, minutes=1030), _decide(player))
    claimed = player.start + timedelta(minutes=FLOOD + 300)
    player.at(claimed, _claim(player))
    player.at(claimed + timedelta(minutes=200), _approve(player))


def _decide(player: Player) -> Callable[[], None]:
    def act() -> None:
        with player.platform.db.read() as session:
            wanted = select(Penalty.id, Penalty.number, Penalty.version, Penalty.state)
            rows = session.execute(wanted.order_by(Penalty.id)).all()
        for row in rows:
            path = PATHS[(row.id - 1) % len(PATHS)]
            if row.state in ("proposed", "confirmed", "contested") and row.version <= len(path):
                _step(player, row.number, *path[row.version - 1])

    return act


def _step(player: Player, number: str, who: str, decision: str, reason: str) -> None:
    now, actor = player.clock.now(), player.actors[who]
    with player.platform.db.write(who) as session:
        service.decide(player.platform, session, now, actor, number, decision, reason=reason)


def _claim(player: Player) -> Callable[[], None]:
    def act() -> None:
        now = player.clock.now()
        start = player.start + timedelta(minutes=FLOOD + 30)
        text = "暴雨致烈山区两处机房断电，附供电公司停电通知与气象证明。"
        asked = claims.Asked("force_majeure", start, start + timedelta(minutes=150), text)
        with player.platform.db.write("manager") as session:
            claims.claim(player.platform, session, now, player.actors["manager"], asked)

    return act


def _approve(player: Player) -> Callable[[], None]:
    def act() -> None:
        now, actor = player.clock.now(), player.actors["supervisor"]
        with player.platform.db.write("supervisor") as session:
            for group in queries.listing(session, actor)[0]:
                claims.decide(
                    player.platform, session, now, actor, group.claim.number, "approve", text="经核实同意。"
                )

    return act
