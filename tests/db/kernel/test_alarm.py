"""A message that dies or waits says so by another channel, and no alarm raises an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from kernel.identity.models import Person
from kernel.outbox import Draft, enqueue, receipts
from kernel.outbox.channels import Outcome
from kernel.outbox.jobs import deliver
from kernel.outbox.models import DEAD, SENT, Message
from tests.db.kernel.test_outbox import PERMANENT, TRANSIENT, Scripted
from tests.support.world import World


def put(world: World, channel: str = "email") -> None:
    with world.platform.db.write() as session:
        lin = session.scalars(select(Person.id).where(Person.username == "lin")).one()
        enqueue(session, world.now, [Draft("k", "thing:1", channel, "a", "标题", "正文", lin, "/x")])


def alarms(world: World) -> Sequence[Message]:
    with world.platform.db.read() as session:
        wanted = select(Message).where(Message.ref.startswith("alarm:")).order_by(Message.id)
        return session.scalars(wanted).all()


def told(world: World) -> list[tuple[str, str]]:
    return sorted((m.channel, m.address) for m in alarms(world))


def test_a_dead_mail_is_told_in_the_platform_to_its_receiver_and_to_operations(world: World) -> None:
    put(world)
    world.platform.channels["email"] = Scripted(PERMANENT)
    deliver(world.platform)
    assert told(world) == [("inapp", name) for name in ("he", "lin", "sysadmin")]
    assert "550 no such user" in alarms(world)[0].body


def test_a_dead_sms_is_told_by_mail_and_an_alarm_that_dies_too_raises_none(world: World) -> None:
    put(world, "sms")
    world.platform.channels["sms"] = Scripted(PERMANENT)
    world.platform.channels["email"] = Scripted(*[PERMANENT] * 9)
    assert deliver(world.platform) >= 3
    before = told(world)
    assert ("email", "lin@example.test") in before
    assert {m.state for m in alarms(world) if m.channel == "email"} == {DEAD}
    deliver(world.platform)
    assert told(world) == before


def test_what_waits_longer_than_a_minute_is_told_to_operations_once_an_hour(world: World) -> None:
    """GoAlert #4188: a throttle delayed a page by 16 minutes and nobody was told."""
    put(world)
    world.platform.channels["email"] = Scripted(*[TRANSIENT] * 9)
    world.run_for(seconds=50)
    assert told(world) == []
    world.run_for(minutes=5)
    assert told(world) == [("inapp", "he"), ("inapp", "sysadmin")]
    assert alarms(world)[0].url == "/outbox"


def test_a_receipt_is_noted_once_and_never_in_the_future(world: World) -> None:
    put(world)
    world.platform.channels["email"] = Scripted(Outcome(True, "250"))
    deliver(world.platform)
    with world.platform.db.write() as session:
        sent = session.scalars(select(Message).where(Message.key == "k")).one()
        assert receipts.delivered(session, world.now, sent.message_id, world.now + timedelta(hours=1))
        assert not receipts.delivered(session, world.now, sent.message_id, None)
    with world.platform.db.write() as session:
        assert not receipts.failed(world.platform, session, world.now, sent.message_id, "x")
        sent = session.scalars(select(Message).where(Message.key == "k")).one()
    assert (sent.state, sent.arrived_at) == (SENT, world.now)


def test_a_receipt_of_failure_kills_the_message_aloud(world: World) -> None:
    put(world, "sms")
    world.platform.channels["sms"] = Scripted(Outcome(True, "accepted"))
    deliver(world.platform)
    with world.platform.db.write() as session:
        sent = session.scalars(select(Message).where(Message.key == "k")).one()
        assert receipts.failed(world.platform, session, world.now, sent.message_id, "switched off")
    assert ("email", "lin@example.test") in told(world)
