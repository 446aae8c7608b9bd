"""Robot of a DingTalk group (钉钉自定义机器人), signed when a secret is set (加签)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote_plus

from kernel.clock import SYSTEM
from kernel.outbox.channels import Outcome
from kernel.outbox.channels.http import Answer, HttpChannel, Post, as_json, shortened
from kernel.outbox.models import Message

MOST = 20_000
"""Bytes of a message."""
BUSY = (-1, 130101, 410100)
"""The system is busy; more than 20 messages in this minute."""


class DingTalkChannel(HttpChannel):
    """Posts to the robot's address. It answers 200 to everything and says in `errcode` what it means."""

    def compose(self, message: Message) -> Post:
        """Return the text as the robot takes it, the address signed for this minute."""
        text = shortened(f"{message.title}\n{message.body}", MOST)
        body = as_json({"msgtype": "text", "text": {"content": text}})
        secret = self.settings.dingtalk_secret
        stamp = int(SYSTEM.now().timestamp() * 1000)
        url = signed(message.address, secret.get_secret_value(), stamp) if secret else message.address
        return Post(url, body)

    def judge(self, answer: Answer) -> Outcome:
        """Only errcode 0 is a success."""
        code = answer.json().get("errcode")
        if code == 0:
            return Outcome(True, answer.words)
        return Outcome(False, answer.words, permanent=isinstance(code, int) and code not in BUSY)


def signed(url: str, secret: str, stamp: int) -> str:
    """Return the address with the time in milliseconds and the signature that DingTalk asks for."""
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"
