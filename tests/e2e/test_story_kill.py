"""The worker is killed before, during and after a slot and started again: each slot is said exactly once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from incidents.models import Broadcast
from kernel.clock import SYSTEM
from kernel.outbox.models import QUEUED, Message
from tests.support.mail import Mailbox, MailServer
from tests.support.process import Process, command, wait_for
from tests.support.world import ZONE, World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("stories"),
    # aiosmtpd leaves the transport of a conversation that is cut off
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SLOT_1 = "第2期"


class HoldingBox(Mailbox):
    """Keeps a mail whose subject has these words, but holds back its answer."""

    words: tuple[str, ...] = ("no such words",)
    held = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if all(w in str(self.mails[-1]["subject"]) for w in self.words) and not self.held:
            self.held = True
            await asyncio.sleep(20)
        return answer


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path)
    server.box = HoldingBox()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def environ(empty_url: str, tmp_path: Path, mail: MailServer) -> dict[str, str]:
    """An installation made by `shoushi init` and `shoushi user create`."""
    settings = mail.settings(SHOUSHI_DATA_DIR=str(tmp_path / "data"), SHOUSHI_DATABASE_URL=empty_url)
    secret = tmp_path / "password"
    secret.write_text("Correct-horse-7")
    command(settings, "init", "--password-file", str(secret))
    for name, role in (("lin", "engineer"), ("wang", "supervisor")):
        more = ("--unit", f"{role}s", "--role", role, "--email", f"{name}@example.test")
        command(settings, "user", "create", name, *more, "--password-file", str(secret))
    return settings


@pytest.fixture
def story(environ: dict[str, str]) -> Iterator[World]:
    """The same database, seen from here on the real clock."""
    import app
    from kernel.bootstrap import build_platform, ready
    from kernel.settings import load_settings

    platform = ready(build_platform(load_settings(environ), app.catalogue(), ZONE))
    yield World(platform, SYSTEM)  # type: ignore[arg-type]
    platform.db.close()


def fault(story: World, title: str, seconds: float) -> str:
    """A major fault, told so late that its second slot comes in so many seconds."""
    started = story.now - timedelta(minutes=30) + timedelta(seconds=seconds)
    return story.report(title=title, fault_class="system_major", reported_at=started)


def slot_1(story: World, number: str) -> Broadcast:
    [found] = [b for b in story.broadcasts(number) if b.slot == 1]
    return found


def mails(mail: MailServer, title: str) -> Counter[str]:
    return Counter(
        str(m["message-id"])
        for m in mail.box.mails
        if title in str(m["subject"]) and "故障通报" in str(m["subject"])
    )


def lease_is_over(story: World) -> None:
    """What 90 seconds of waiting would bring."""
    with story.platform.db.write("test") as session:
        session.execute(update(Message).where(Message.state == QUEUED).values(next_at=story.now))


def test_killed_before_during_and_after_a_slot(
    story: World, mail: MailServer, environ: dict[str, str], tmp_path: Path
) -> None:
    box = mail.box
    assert isinstance(box, HoldingBox)
    worker = Process(tmp_path, environ, "worker")
    wait_for(lambda: fault_heard(story, mail), "the worker")
    box.words = ("期中", SLOT_1)
    after, during, before = fault(story, "期前", 2), fault(story, "期中", 5), fault(story, "期后", 9)
    wait_for(lambda: slot_1(story, after).state == "sent", "the slot before the kill")
    wait_for(lambda: box.held, "the mail that is under way")
    worker.kill()
    assert slot_1(story, before).sent_at is None
    wait_for(lambda: story.now > slot_1(story, before).due_at, "the slot that falls into the gap")
    worker = Process(tmp_path, environ, "worker")
    try:
        wait_for(lambda: slot_1(story, before).state == "sent", "the slot after the restart")
        lease_is_over(story)
        wait_for(lambda: slot_1(story, during).state == "sent", "the mail that was under way")
    finally:
        worker.stop()
    for number in (after, during, before):
        found = [b for b in story.broadcasts(number) if b.slot >= 0]
        start = story.incident(number).started_at
        assert [b.due_at for b in found] == [start + k * timedelta(minutes=30) for k in range(3)]
        assert [b.slot for b in found] == [0, 1, 2]
    assert sorted(mails(mail, "期前").values()) == [1, 1]
    assert sorted(mails(mail, "期后").values()) == [1, 1]
    assert sorted(mails(mail, "期中").values()) == [1, 2]


def fault_heard(story: World, mail: MailServer) -> bool:
    """Whether the worker delivers: a first fault, told once, reaches the engineer."""
    if not getattr(story, "_asked", False):
        story.report(title="预热")
        story._asked = True  # type: ignore[attr-defined]
    return bool(mail.box.mails)
