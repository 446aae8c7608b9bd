"""Alerts by mail, from a real IMAP server."""

from __future__ import annotations

import imaplib
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from incidents.intake import mail
from tests.conftest import build
from tests.support.alerts import notes, rows
from tests.support.dovecot import ImapServer
from tests.support.world import World


def message(subject: str, text: str = "") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"] = subject, "监控 <NMS@example.test>"
    made.set_content(text)
    return made


@pytest.mark.parametrize(
    ("subject", "title", "status"),
    [
        ("收文服务无响应", "收文服务无响应", "firing"),
        ("[FIRING] disk full", "disk full", "firing"),
        ("告警：链路中断", "链路中断", "firing"),
        ("[RESOLVED] disk full", "disk full", "resolved"),
        ("恢复：链路中断", "链路中断", "resolved"),
        ("OK", "OK", "resolved"),
        ("", "mail", "firing"),
    ],
)
def test_a_subject_says_what_and_whether_it_is_over(subject: str, title: str, status: str) -> None:
    found = mail.alert_of(message(subject))
    assert (found.title, found.status) == (title, status)


def test_lines_of_the_text_name_module_payer_and_class() -> None:
    found = mail.alert_of(
        message("链路中断", "module: documents\npayer：suixi\nfault_class = line_general\n再见")
    )
    assert (found.modules, found.payers, found.labels["fault_class"]) == (
        ("documents",),
        ("suixi",),
        "line_general",
    )


def test_a_message_that_nobody_can_read_is_still_an_alert() -> None:
    odd = EmailMessage()
    odd["Subject"] = "x\ty"
    odd["Content-Type"] = 'text/plain; charset="no-such-charset"'
    odd.set_payload(b"\xff\xfe")
    assert mail.alert_of(odd).title == "x y"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with tempfile.TemporaryDirectory(prefix="ssimap") as folder:  # a socket's path must stay short
        started = ImapServer(Path(folder))
        yield started
        started.stop()


@pytest.fixture
def asking(server: ImapServer, platform_url: str, tmp_path: Path, clock: Any) -> Iterator[World]:
    made = build(platform_url, tmp_path, clock, **server.settings())
    yield World(made, clock)
    made.db.close()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_mail_opens_an_incident_once_and_its_end_is_evidence(server: ImapServer, asking: World) -> None:
    server.put("告警：收文服务无响应", "module: receipts\npayer: suixi\n")
    assert mail.poll(asking.platform) == 1
    assert mail.poll(asking.platform) == 0
    (row,) = rows(asking)
    assert (row.title, row.source, row.modules, row.payers) == (
        "收文服务无响应",
        "mail",
        ["receipts"],
        ["suixi"],
    )
    asking.clock.advance(timedelta(minutes=1))
    server.put("恢复：收文服务无响应")
    server.put("告警：收文服务无响应")
    assert mail.poll(asking.platform) == 2
    assert len(notes(asking, "F20260303-0001")) == 2
    assert len(rows(asking)) == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_wrong_password_is_an_error_of_the_job_and_loses_nothing(
    server: ImapServer, platform_url: str, tmp_path: Path, clock: Any
) -> None:
    server.put("告警：收文服务无响应")
    made = build(platform_url, tmp_path, clock, **server.settings(SHOUSHI_IMAP_PASSWORD="wrong"))
    with pytest.raises(imaplib.IMAP4.error):
        mail.poll(made)
    made.db.close()
    right = build(platform_url, tmp_path, clock, **server.settings())
    assert mail.poll(right) == 1
    right.db.close()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_without_a_host_nobody_is_asked(world: World) -> None:
    assert mail.poll(world.platform) == 0
