"""Mail through a real SMTP server with STARTTLS and AUTH."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from kernel.outbox import Draft, enqueue, service
from kernel.outbox.channels.smtp import SmtpChannel
from kernel.outbox.jobs import LEASE, deliver
from kernel.outbox.models import DEAD, QUEUED, SENT, Message
from kernel.settings import load_settings
from tests.support.mail import MailServer, make_certificate
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    started = MailServer(tmp_path)
    started.start()
    yield started
    started.stop()


def use(world: World, server: MailServer, **changed: str) -> None:
    world.platform.channels["email"] = SmtpChannel(load_settings(server.settings(**changed)))


def put(world: World, *addresses: str) -> None:
    drafts = [
        Draft(f"k:{a}", "thing:1", "email", a, "【新故障】公文系统\n无法登录", "请在 09:30 前响应。\n")
        for a in addresses or ("a@example.test",)
    ]
    with world.platform.db.write() as session:
        enqueue(session, world.now, drafts)


def states(world: World) -> dict[str, str]:
    with world.platform.db.read() as session:
        return {
            m.address: m.state for m in session.scalars(select(Message).where(Message.channel == "email"))
        }


def answer(world: World) -> str:
    with world.platform.db.read() as session:
        return str(session.scalars(select(Message.answer).where(Message.channel == "email")).one())


def test_a_mail_arrives_with_its_words_date_and_stable_id(world: World, server: MailServer) -> None:
    use(world, server)
    put(world)
    created = world.now
    world.clock.advance(timedelta(minutes=7))
    assert deliver(world.platform) == 1
    mail = server.box.mails[0]
    assert (mail["To"], mail["Subject"]) == ("a@example.test", "【新故障】公文系统 无法登录")
    assert mail.get_content().strip() == "请在 09:30 前响应。"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]) == created
    assert mail["Message-ID"].endswith("@shoushi>")
    assert (states(world)["a@example.test"], answer(world)) == (SENT, "kept")


def test_many_mails_go_over_one_connection(world: World, server: MailServer) -> None:
    use(world, server)
    put(world, *(f"p{n}@example.test" for n in range(60)))
    assert deliver(world.platform) == 60
    assert len(server.box.mails) == 60


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"SHOUSHI_SMTP_PASSWORD": "wrong"}, "535"),
        ({"SHOUSHI_SMTP_SECURITY": "none"}, ""),
        ({"SHOUSHI_SMTP_USER": ""}, "530"),
    ],
)
def test_a_wrong_login_or_plain_text_is_refused_and_tried_again_later(
    world: World, server: MailServer, changed: dict[str, str], words: str
) -> None:
    use(world, server, **changed)
    put(world)
    deliver(world.platform)
    assert server.box.mails == []
    assert states(world)["a@example.test"] == QUEUED
    assert words in answer(world)
    use(world, server)
    world.clock.advance(timedelta(seconds=5))
    deliver(world.platform)
    assert states(world)["a@example.test"] == SENT


def test_a_server_of_an_untrusted_ca_gets_no_mail(world: World, server: MailServer, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    make_certificate(other, tmp_path / "other-key.pem")
    for changed in ({"SHOUSHI_SMTP_CA_FILE": str(other)}, {"SHOUSHI_SMTP_CA_FILE": ""}):
        use(world, server, **changed)
        put(world)
        deliver(world.platform)
        assert "certificate verify failed" in answer(world).lower()
        world.clock.advance(timedelta(minutes=1))
    assert server.box.mails == []
    assert states(world)["a@example.test"] == QUEUED


def test_mail_waits_while_the_server_is_down_and_goes_out_when_it_is_back(
    world: World, server: MailServer
) -> None:
    use(world, server)
    server.stop()
    put(world, "a@example.test", "b@example.test")
    assert deliver(world.platform) == 2
    assert set(states(world).values()) == {QUEUED}
    server.start()
    world.clock.advance(timedelta(seconds=5))
    assert deliver(world.platform) == 2
    assert set(states(world).values()) == {SENT}
    assert len(server.box.mails) == 2


@pytest.mark.parametrize(("reply", "state"), [("550 no such user", DEAD), ("451 greylisted", QUEUED)])
def test_a_refused_recipient_is_given_up_only_when_the_refusal_is_permanent(
    world: World, server: MailServer, reply: str, state: str
) -> None:
    use(world, server)
    server.box.refused["bad@example.test"] = reply
    put(world, "bad@example.test", "good@example.test")
    deliver(world.platform)
    assert states(world) == {"bad@example.test": state, "good@example.test": SENT}


def test_a_temporary_answer_to_the_text_is_tried_again(world: World, server: MailServer) -> None:
    use(world, server)
    server.box.answers = ["452 disk full"]
    put(world)
    deliver(world.platform)
    assert "452 disk full" in answer(world)
    world.clock.advance(timedelta(seconds=5))
    deliver(world.platform)
    assert len(server.box.mails) == 1


def test_a_crash_after_sending_gives_one_duplicate_with_the_same_id(world: World, server: MailServer) -> None:
    use(world, server)
    put(world)
    with world.platform.db.write() as session:
        claimed = service.claim(session, world.now, LEASE, "email")
    list(world.platform.channels["email"].deliver(claimed))  # sent, and then the process dies
    world.clock.advance(LEASE)
    deliver(world.platform)
    deliver(world.platform)
    ids = [mail["Message-ID"] for mail in server.box.mails]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_an_address_that_is_none_is_dead_and_stops_nobody(world: World, server: MailServer) -> None:
    use(world, server)
    put(world, "a@example.test\nBcc: all@example.test", "good@example.test")
    deliver(world.platform)
    assert sorted(states(world).values()) == [DEAD, SENT]
    assert [mail["To"] for mail in server.box.mails] == ["good@example.test"]
