"""`shoushi watch` against a real platform that is killed: it calls people by itself and bears witness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.cli import runner
from tests.support.mail import MailServer
from tests.support.process import Process, command, ok, wait_for
from tests.support.prometheus import free_port
from tests.support.receiver import Receiver, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("stories"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path)
    server.start()
    yield server
    server.stop()


class Story:
    """A platform on one machine, a watcher on another."""

    def __init__(self, folder: Path, url: str, mail: MailServer) -> None:
        self.folder, self.mail = folder, mail
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {"SHOUSHI_DATA_DIR": str(folder / "data"), "SHOUSHI_DATABASE_URL": url}
        self.memory = folder / "watch.json"
        self._init()

    def _init(self) -> None:
        secret = self.folder / "password"
        secret.write_text("Correct-horse-7")
        command(self.environ, "init", "--password-file", str(secret))
        for name, role in (("outside", "watcher"), ("wang", "supervisor")):
            who = ("--unit", role, "--role", role, "--password-file", str(secret))
            command(self.environ, "user", "create", name, *who)
        self.token = self.folder / "token"
        self.token.write_text(
            command(self.environ, "token", "create", "--user", "outside", "--role", "watcher")
        )
        self.wang = command(self.environ, "token", "create", "--user", "wang")

    def serve(self) -> Process:
        process = Process(self.folder, self.environ, "serve", "--port", str(self.port))
        wait_for(lambda: not process.ended and self.audited(), f"the platform; see {process.log}")
        return process

    def audited(self) -> bool:
        try:
            return bool(httpx.get(f"{self.url}/api/v1/health", timeout=5).json()["deadlines_audited_at"])
        except httpx.TransportError:
            return False

    def watch(self, *more: str) -> Process:
        options = ("--interval", "0.3", "--failures", "2", "--mail", "boss@example.test", *more)
        where = ("--token-file", str(self.token), "--state", str(self.memory))
        environ = self.mail.settings(SHOUSHI_DATA_DIR=str(self.folder / "elsewhere"))
        return Process(self.folder, environ, "watch", self.url, *options, *where)

    def remembered(self, name: str) -> Any:
        return json.loads(self.memory.read_text())[name] if self.memory.exists() else None

    def mails(self, words: str) -> list[str]:
        return [str(m["subject"]) for m in self.mail.box.mails if words in str(m["subject"])]

    def blind(self) -> list[dict[str, str]]:
        headers = {"authorization": f"Bearer {self.wang}"}
        found = ok(httpx.get(f"{self.url}/api/v1/reports/sla?format=json", headers=headers, timeout=30))
        return list(found["blind_time"])


@pytest.fixture
def story(tmp_path: Path, empty_url: str, mail: MailServer) -> Story:
    return Story(tmp_path, empty_url, mail)


def test_the_platform_is_killed_people_are_called_and_the_absence_is_on_record(story: Story) -> None:
    with running(Receiver()) as hook:
        serve, watch = story.serve(), story.watch("--webhook", f"{hook.url}/page")
        try:
            wait_for(lambda: story.remembered("well_at"), f"a first look; see {watch.log}")
            serve.kill()
            [subject] = wait_for(lambda: story.mails("平台停止"), f"the call; see {watch.log}")
            assert subject.endswith(story.url)
            wait_for(lambda: hook.received, "the webhook")
            assert "平台停止" in json.loads(hook.received[0].body)["title"]
            watch.kill()
            assert story.remembered("absent_from")
            watch = story.watch()
            wait_for(lambda: story.mails("仍未恢复"), f"the reminder after its own restart; see {watch.log}")
            serve = story.serve()
            wait_for(lambda: story.mails("已恢复"), f"the all-clear; see {watch.log}")
            [gap] = wait_for(story.blind, "the absence in the report")
            assert gap["reason"] == "outside_watcher"
            assert gap["from"] < gap["to"]
            wait_for(lambda: story.remembered("owed") == [], "nothing owed any more")
            assert len(story.mails("平台停止")) == 1
        finally:
            assert watch.stop() == 0
            serve.stop()


def test_an_engine_that_stands_still_behind_a_page_that_answers_is_noticed(story: Story) -> None:
    with running(_Stale()) as platform:
        story.url = platform.url
        watch = story.watch()
        try:
            wait_for(lambda: story.mails("平台停止"), f"the call; see {watch.log}")
        finally:
            watch.stop()
    assert "期限引擎没有心跳" in story.mail.box.mails[0].get_content()


class _Stale(Receiver):
    """A platform whose engine was last alive two minutes before its own time."""

    def __init__(self) -> None:
        super().__init__()
        known = {"now": "2026-03-03T09:02:01+08:00", "deadlines_audited_at": "2026-03-03T09:02:00+08:00"}
        body = json.dumps(known | {"engine_seen_at": "2026-03-03T09:00:00+08:00"}).encode()
        self.answers = [(200, body, 0)] * 1000


def test_a_mail_server_that_is_away_delays_the_call_and_loses_none(story: Story, mail: MailServer) -> None:
    mail.stop()
    watch = story.watch()
    try:
        wait_for(lambda: story.remembered("told_at"), f"a call that cannot be sent; see {watch.log}")
        mail.start()
        wait_for(lambda: story.mails("平台停止"), f"the call; see {watch.log}")
    finally:
        watch.stop()


HOOK = ("http://x", "--webhook", "http://x")
WRONG = {
    "nobody to call": (("http://x",), "没有人可以呼叫"),
    "no mail server": (("http://x", "--mail", "a@example.test"), "SHOUSHI_SMTP_HOST"),
    "no address": (("localhost:8000", "--webhook", "http://x"), "应以 http:// 或 https:// 开头"),
    "a webhook that is none": (("http://x", "--webhook", "x"), "不是网址"),
    "a state that cannot be kept": ((*HOOK, "--state", "/no/such/file"), "--state"),
    "a token that is not there": ((*HOOK, "--token-file", "/no/such"), "token-file"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_configuration_that_would_call_nobody_is_refused_before_it_is_needed(
    case: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, complaint = WRONG[case]
    ran = runner({"SHOUSHI_DATA_DIR": str(tmp_path)}, monkeypatch)("watch", *arguments)
    assert ran.status == 2
    assert complaint in ran.err


def test_a_test_call_says_whether_it_arrived(
    kind: str, tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(mail.settings(), monkeypatch)
    good = run("watch", "http://x", "--mail", "boss@example.test", "--test")
    assert (good.status, len(mail.box.mails)) == (0, 1), good.err
    assert mail.box.mails[0]["subject"] == "【看守测试】http://x"
    mail.box.refused["boss@example.test"] = "550 no such user"
    assert run("watch", "http://x", "--mail", "boss@example.test", "--test").status == 1
