"""The outbox: said once, tried again with pauses, given up aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.audit import AuditEntry
from kernel.outbox import Draft, enqueue, service
from kernel.outbox.channels import Outcome
from kernel.outbox.jobs import LEASE, deliver
from kernel.outbox.models import DEAD, QUEUED, SENT, Message
from tests.support.world import World


class Scripted:
    """A channel that gives prepared outcomes, `ok` when it runs out of them."""

    def __init__(
        self, *outcomes: Outcome | Exception, seconds: float = 0, world: World | None = None
    ) -> None:
        self.outcomes = list(outcomes)
        self.seen: list[tuple[str, str]] = []
        self._seconds, self._world = seconds, world

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        for message in messages:
            self.seen.append((message.key, message.message_id))
            if self._world:
                self._world.clock.advance(timedelta(seconds=self._seconds))
            outcome = self.outcomes.pop(0) if self.outcomes else Outcome(True, "250")
            if isinstance(outcome, Exception):
                raise outcome
            yield message, outcome


TRANSIENT = Outcome(False, "451 later")
PERMANENT = Outcome(False, "550 no such user", permanent=True)


def draft(key: str = "k", channel: str = "email") -> Draft:
    return Draft(key, "thing:1", channel, "a@example.test", "标题", "正文")


def put(world: World, *drafts: Draft) -> int:
    with world.platform.db.write() as session:
        return enqueue(session, world.now, drafts or (draft(),))


def only(world: World) -> Message:
    with world.platform.db.read() as session:
        return session.scalars(select(Message).where(~Message.ref.startswith("alarm:"))).one()


def use(world: World, channel: Scripted) -> Scripted:
    world.platform.channels["email"] = channel
    return channel


def test_a_key_says_its_message_once_in_one_batch_and_over_batches(world: World) -> None:
    assert put(world, draft(), draft()) == 1
    assert put(world, draft(), draft("other")) == 1
    channel = use(world, Scripted())
    assert deliver(world.platform) == 2
    assert sorted(key for key, _ in channel.seen) == ["k", "other"]
    assert deliver(world.platform) == 0


def test_the_message_id_follows_from_the_key_alone(world: World) -> None:
    put(world)
    assert only(world).message_id == service._row(draft(), world.now)["message_id"]
    assert only(world).message_id.endswith("@shoushi>")


def test_an_in_app_message_is_there_at_once(world: World) -> None:
    put(world, draft(channel="inapp"))
    assert (only(world).state, only(world).sent_at) == (SENT, world.now)


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(world: World) -> None:
    put(world)
    with world.platform.db.write() as session:
        assert len(service.claim(session, world.now, LEASE, "email")) == 1
    for _ in range(2):
        with world.platform.db.write() as session:
            assert service.claim(session, world.now, LEASE, "email") == []
    world.clock.advance(LEASE)
    with world.platform.db.write() as session:
        assert [m.attempts for m in service.claim(session, world.now, LEASE, "email")] == [2]


def test_a_transient_failure_is_tried_again_after_growing_pauses(world: World) -> None:
    put(world)
    use(world, Scripted(*[TRANSIENT] * 9))
    pauses = []
    for _ in range(9):
        assert deliver(world.platform) == 1
        message = only(world)
        pauses.append((message.next_at - world.now).total_seconds())
        assert (message.state, message.answer) == (QUEUED, "451 later")
        world.clock.move_to(message.next_at)
    assert pauses == [5, 10, 20, 40, 60, 120, 300, 300, 300]
    assert deliver(world.platform) == 1
    assert (only(world).state, only(world).sent_at) == (SENT, world.now)


def test_a_permanent_failure_is_dead_at_once_and_on_record(world: World) -> None:
    put(world)
    use(world, Scripted(PERMANENT))
    deliver(world.platform)
    assert (only(world).state, only(world).answer) == (DEAD, "550 no such user")
    with world.platform.db.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "message.dead")).one()
        assert "550" in entry.detail
        assert service.depth(session) == {DEAD: 1}


def test_after_a_day_of_attempts_a_message_is_dead_but_not_sooner_because_the_worker_was_down(
    world: World,
) -> None:
    put(world)
    world.clock.advance(timedelta(days=3))
    use(world, Scripted(*[TRANSIENT] * 400))
    while only(world).state == QUEUED:
        world.clock.move_to(max(world.now, only(world).next_at))
        deliver(world.platform)
    assert only(world).attempts == service.MAX_ATTEMPTS
    assert timedelta(hours=23) < world.now - only(world).created_at - timedelta(days=3) < timedelta(hours=26)


def test_a_dead_message_that_is_retried_gets_its_attempts_back(world: World) -> None:
    put(world)
    use(world, Scripted(PERMANENT, TRANSIENT))
    deliver(world.platform)
    world.clock.advance(timedelta(days=2))
    with world.platform.db.write() as session:
        assert service.retry(session, world.now, only(world).id)
        assert not service.retry(session, world.now, only(world).id)
    deliver(world.platform)
    assert only(world).state == QUEUED


def test_a_channel_that_does_not_exist_is_a_permanent_failure(world: World) -> None:
    put(world, draft(channel="pigeon"))
    deliver(world.platform)
    assert (only(world).state, only(world).answer) == (DEAD, "no such channel")


def test_a_channel_that_raises_fails_its_messages_for_now_and_stops_no_other(world: World) -> None:
    put(world, draft("one"), draft("two"), draft("three", channel="robot"))
    use(world, Scripted(Outcome(True, "250"), RuntimeError("broken")))
    world.platform.channels["robot"] = Scripted()
    assert deliver(world.platform) == 3
    with world.platform.db.read() as session:
        found = {
            m.key: (m.state, m.answer)
            for m in session.scalars(select(Message).where(~Message.ref.startswith("alarm:")))
        }
    assert found["one"][0] == found["three"][0] == SENT
    assert found["two"] == (QUEUED, "RuntimeError: broken")


def test_a_slow_server_never_holds_a_message_beyond_its_lease(world: World) -> None:
    put(world, *(draft(f"k{n}") for n in range(20)))
    slow = use(world, Scripted(seconds=20, world=world))
    deliver(world.platform)
    assert len(slow.seen) == len(set(slow.seen)) == 3
    world.clock.advance(LEASE)
    deliver(world.platform)
    assert len(slow.seen) == len(set(slow.seen)) == 6


def test_a_crash_between_sending_and_noting_repeats_the_message_under_the_same_id(world: World) -> None:
    put(world)
    channel = use(world, Scripted())
    with world.platform.db.write() as session:
        claimed = service.claim(session, world.now, LEASE, "email")
    list(channel.deliver(claimed))  # sent, and then the process dies
    assert deliver(world.platform) == 0
    world.clock.advance(LEASE)
    assert deliver(world.platform) == 1
    assert channel.seen[0] == channel.seen[1]
    assert only(world).state == SENT


def test_an_outcome_that_arrives_late_does_not_revive_a_message(world: World) -> None:
    put(world)
    with world.platform.db.write() as session:
        message = service.claim(session, world.now, LEASE, "email")[0]
    with world.platform.db.write() as session:
        service.note_sent(session, [(world.now, message, "250")])
    with world.platform.db.write() as session:
        service.note_failed(session, world.now, message, "451", permanent=False)
    assert only(world).state == SENT


@pytest.mark.parametrize("wrong", ["a@b.test\nBcc: all@b.test"])
def test_without_a_mail_server_mail_is_a_file_and_a_bad_address_stops_nobody(
    world: World, wrong: str
) -> None:
    bad = Draft("bad", "thing:1", "email", wrong, "t", "b")
    put(world, bad, draft("good"))
    deliver(world.platform)
    with world.platform.db.read() as session:
        states = {m.key: m.state for m in session.scalars(select(Message).where(Message.channel == "email"))}
    assert states == {"bad": DEAD, "good": SENT}
    files = list((world.platform.settings.data_dir / "mail" / "new").iterdir())
    assert len(files) == 1
    assert "Message-ID: <" in files[0].read_text()
