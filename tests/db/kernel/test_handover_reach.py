"""What would let somebody speak through a robot or answer in another's name is not handed over."""

from __future__ import annotations

from sqlalchemy import select

from kernel.handover import tables
from kernel.identity.models import Person
from kernel.outbox import Draft, enqueue
from kernel.outbox.models import Message
from kernel.outbox.reach.models import Contact
from tests.support.world import World

ROBOT = "https://robot.test/send?key=geheim"
TOKEN = "17.1772500000." + "a1" * 20


def test_robots_and_one_time_links_stay_here(world: World) -> None:
    with world.platform.db.write() as session:
        lin = session.scalars(select(Person.id).where(Person.username == "lin")).one()
        session.add(Contact(person_id=lin, channel="wecom", address=ROBOT))
        said = f"正文 http://desk.test/answer/{TOKEN}"
        enqueue(session, world.now, [Draft("k", "thing:1", "wecom", ROBOT, "标题", said, lin)])
    with world.platform.db.read() as session:
        parts = {part.name: b"".join(part.pieces) for part in tables.parts(session)}
        assert session.scalars(select(Message.address)).one() == ROBOT
    assert "正文".encode() in parts["tables/outbox_message.jsonl"]
    for content in parts.values():
        assert b"geheim" not in content
        assert TOKEN.encode() not in content
