"""Files that go with a mail: kept once by digest, sent whole by SMTP, on every attempt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kernel.outbox import Attachment, Draft, enqueue
from kernel.outbox.channels.smtp import SmtpChannel
from kernel.outbox.jobs import deliver
from kernel.outbox.models import MessageFile, OutboxFile
from kernel.settings import load_settings
from tests.support.mail import MailServer
from tests.support.world import World

REPORT = Attachment("服务报告.pdf", "application/pdf", b"%PDF-\x00\xff" * 5000)
NOTE = Attachment("note.txt", "text/plain", "说明".encode())


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[MailServer]:
    started = MailServer(tmp_path)
    started.start()
    world.platform.channels["email"] = SmtpChannel(load_settings(started.settings()))
    yield started
    started.stop()


def put(world: World, *keys: str, files: tuple[Attachment, ...] = (REPORT, NOTE)) -> int:
    drafts = [
        Draft(k, "report:1", "email", f"{k}@example.test", "报告", "见附件。", attachments=files)
        for k in keys
    ]
    with world.platform.db.write() as session:
        return enqueue(session, world.now, drafts)


def kept(world: World) -> tuple[int, int]:
    with world.platform.db.read() as session:
        files = session.scalars(select(OutboxFile.digest)).all()
        return len(files), len(session.scalars(select(MessageFile.place)).all())


def test_a_file_is_kept_once_however_many_get_it(world: World) -> None:
    put(world, "a", "b")
    put(world, "b", "c")
    assert kept(world) == (2, 6)


def test_a_message_without_files_keeps_none(world: World) -> None:
    put(world, "a", files=())
    assert kept(world) == (0, 0)


def test_the_files_arrive_as_they_were(world: World, server: MailServer) -> None:
    put(world, "a")
    assert deliver(world.platform) == 1
    [mail] = server.box.mails
    found = [(p.get_filename(), p.get_content_type()) for p in mail.iter_attachments()]
    assert found == [("服务报告.pdf", "application/pdf"), ("note.txt", "text/plain")]
    first, second = mail.iter_attachments()
    assert first.get_content() == REPORT.content
    assert second.get_payload(decode=True) == NOTE.content
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "见附件。"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_second_attempt_carries_them_too(world: World, server: MailServer) -> None:
    server.box.answers = ["451 later"]
    put(world, "a")
    deliver(world.platform)
    world.clock.advance(timedelta(minutes=1))
    deliver(world.platform)
    assert len(list(server.box.mails[0].iter_attachments())) == 2
