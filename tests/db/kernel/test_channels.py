"""Channels over HTTP against real servers: what they send, what they make of answers, where they won't go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kernel.crypto import hmac_hex
from kernel.outbox.channels import Outcome
from kernel.outbox.channels.configured import configured
from kernel.outbox.channels.http import MOST_READ, shortened
from kernel.outbox.models import Message
from kernel.settings import load_settings
from tests.support.receiver import Receiver, running
from tests.support.sms_gateway import TOKEN, Gateway

AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running(Receiver()) as server:
        yield server


def message(channel: str, address: str, key: str = "k", body: str = "正文") -> Message:
    return Message(
        id=1, key=key, channel=channel, address=address, title="标题", body=body, url="/incidents/F1",
        message_id=f"<{key}@shoushi>", created_at=AT, attempts=1,
    )  # fmt: skip


def channels(**more: str) -> dict[str, Any]:
    environ = {
        "SHOUSHI_WEBHOOK_SECRET": "hook",
        "SHOUSHI_PRIVATE_ADDRESSES": "true",
        "SHOUSHI_HTTP_TIMEOUT": "2",
        "SHOUSHI_BASE_URL": "https://desk.test",
    } | more
    return configured(load_settings(environ))


def send(channel: str, *messages: Message, **settings: str) -> list[Outcome]:
    return [outcome for _, outcome in channels(**settings)[channel].deliver(messages)]


def test_without_settings_there_are_mail_and_robots_only() -> None:
    assert sorted(configured(load_settings({}))) == ["dingtalk", "email", "wecom"]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hook\n")
    found = load_settings({"SHOUSHI_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})
    assert found.webhook_secret is not None
    assert found.webhook_secret.get_secret_value() == "hook"
    assert "'hook'" not in repr(found)


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_a_webhook_is_signed_over_time_and_body(receiver: Receiver, digest: str) -> None:
    [outcome] = send("webhook", message("webhook", receiver.url + "/hook"), SHOUSHI_WEBHOOK_DIGEST=digest)
    assert outcome.ok
    [got] = receiver.received
    signed = got.headers["x-shoushi-timestamp"].encode() + b"." + got.body
    assert got.headers["x-shoushi-signature"] == f"{digest}={hmac_hex(b'hook', signed, digest)}"
    assert got.headers["x-shoushi-id"] == "<k@shoushi>"
    told = json.loads(got.body)
    assert (told["title"], told["url"]) == ("标题", "https://desk.test/incidents/F1")


def test_sm3_hmac_is_that_of_the_standard() -> None:
    by_library = hmac_hex(b"key", b"data", "sm3")
    inner = bytes(b ^ 0x36 for b in b"key".ljust(64, b"\0"))
    outer = bytes(b ^ 0x5C for b in b"key".ljust(64, b"\0"))
    from kernel.crypto import sm3_hex

    assert by_library == sm3_hex(outer + bytes.fromhex(sm3_hex(inner + b"data")))


def test_dingtalk_gets_its_json_and_a_signature_in_the_address(receiver: Receiver) -> None:
    url = receiver.url + "/robot/send?access_token=t"
    [outcome] = send("dingtalk", message("dingtalk", url), SHOUSHI_DINGTALK_SECRET="SEC1")
    assert outcome.ok
    [got] = receiver.received
    query = parse_qs(urlsplit(got.path).query)
    digest = hmac.new(b"SEC1", f"{query['timestamp'][0]}\nSEC1".encode(), hashlib.sha256).digest()
    assert (query["access_token"], query["sign"]) == (["t"], [base64.b64encode(digest).decode()])
    assert json.loads(got.body) == {"msgtype": "text", "text": {"content": "标题\n正文"}}


def test_wecom_gets_its_json_cut_to_what_it_takes(receiver: Receiver) -> None:
    [outcome] = send("wecom", message("wecom", receiver.url + "/cgi?key=1", body="长" * 1000))
    assert outcome.ok
    content = json.loads(receiver.received[0].body)["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.endswith("…")
    assert shortened("短", 10) == "短"


ANSWERS = {
    "wrong robot": ((200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', 0.0), False, True),
    "busy": ((200, b'{"errcode":-1}', 0.0), False, False),
    "no JSON": ((200, b"<html>", 0.0), False, False),
    "not there": ((404, b"", 0.0), False, True),
    "slow down": ((429, b"", 0.0), False, False),
    "broken": ((503, b"", 0.0), False, False),
    "leads elsewhere": ((302, b"", 0.0), False, True),
    "hangs": ((200, b"", 3.0), False, False),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("channel", ["wecom", "dingtalk"])
def test_what_a_robot_answers_decides(receiver: Receiver, channel: str, name: str) -> None:
    answer, ok, permanent = ANSWERS[name]
    receiver.answers = [answer]
    [outcome] = send(channel, message(channel, receiver.url), SHOUSHI_HTTP_TIMEOUT="1")
    assert (outcome.ok, outcome.permanent) == (ok, permanent), outcome.answer
    assert len(receiver.received) == 1  # no redirect is followed


def test_an_endless_answer_is_cut_and_a_dripping_one_abandoned(receiver: Receiver) -> None:
    receiver.answers = [(200, b"x" * 3 * MOST_READ, 0.0)]
    assert send("webhook", message("webhook", receiver.url))[0].ok
    receiver.answers, receiver.drip = [(200, b"x" * 100, 0.0)], True
    [outcome] = send("webhook", message("webhook", receiver.url), SHOUSHI_HTTP_TIMEOUT="1")
    assert (outcome.ok, outcome.permanent) == (False, False)


def test_one_slow_receiver_holds_up_nobody_else(receiver: Receiver) -> None:
    receiver.answers = [(200, b"", 1.5)]
    slow, quick = message("webhook", receiver.url, "slow"), message("webhook", receiver.url, "quick")
    found = [m.key for m, _ in channels()["webhook"].deliver([slow, quick])]
    assert sorted(found) == ["quick", "slow"]
    assert found[0] == json.loads(receiver.received[1].body)["id"].strip("<>").partition("@")[0]


INSIDE = [
    "http://127.0.0.1:9/", "http://localhost:9/", "http://10.0.0.1/", "http://169.254.169.254/latest",
    "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://0.0.0.0:9/", "http://2130706433/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_a_robots_address_may_not_lead_inside(url: str) -> None:
    [outcome] = send("webhook", message("webhook", url), SHOUSHI_PRIVATE_ADDRESSES="false")
    assert (outcome.ok, outcome.permanent) == (False, True)
    assert "private address" in outcome.answer


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://\x00/", "ftp://127.0.0.1/"])
def test_what_is_no_address_never_will_be(url: str) -> None:
    [outcome] = send("webhook", message("webhook", url))
    assert not outcome.ok


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running(Gateway()) as server:
        yield server


def sms(gateway: Gateway, key: str = "k", **settings: str) -> Outcome:
    more = {"SHOUSHI_SMS_URL": gateway.url + "/sms", "SHOUSHI_SMS_TOKEN": TOKEN} | settings
    return send("sms", message("sms", "13800000000", key), **more)[0]


def test_an_sms_says_the_title_and_the_link(gateway: Gateway) -> None:
    assert sms(gateway, SHOUSHI_PRIVATE_ADDRESSES="false").ok  # the operator's own address may be private
    [got] = gateway.rung
    assert (got["to"], got["text"]) == ("13800000000", "标题 https://desk.test/incidents/F1")


def test_a_lost_answer_rings_once(gateway: Gateway) -> None:
    gateway.faults = ["lost"]
    first = sms(gateway)
    assert (first.ok, first.permanent) == (False, False)
    assert sms(gateway).ok
    assert (len(gateway.rung), gateway.attempts) == (1, 2)


@pytest.mark.parametrize(("fault", "permanent"), [("500", False), ("refuse", True), ("slow:3", False)])
def test_what_the_gateway_refuses_is_told_apart_from_what_it_cannot_do_now(
    gateway: Gateway, fault: str, permanent: bool
) -> None:
    gateway.faults = [fault]
    outcome = sms(gateway, SHOUSHI_HTTP_TIMEOUT="1")
    assert (outcome.ok, outcome.permanent) == (False, permanent)


def test_a_wrong_token_is_seen_at_once(gateway: Gateway) -> None:
    outcome = sms(gateway, SHOUSHI_SMS_TOKEN="other")
    assert (outcome.ok, outcome.permanent) == (False, True)
