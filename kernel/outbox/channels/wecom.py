"""Robot of a WeCom group (企业微信群机器人): a text message to the robot's own webhook address."""

from __future__ import annotations

from kernel.outbox.channels import Outcome
from kernel.outbox.channels.http import Answer, HttpChannel, Post, as_json, shortened
from kernel.outbox.models import Message

MOST = 2048
"""Bytes of a text."""
BUSY = (-1, 45009)
"""The system is busy; more than 20 messages in this minute."""


class WeComChannel(HttpChannel):
    """Posts to the robot's address. It answers 200 to everything and says in `errcode` what it means."""

    def compose(self, message: Message) -> Post:
        """Return the text as the robot takes it."""
        text = shortened(f"{message.title}\n{message.body}", MOST)
        return Post(message.address, as_json({"msgtype": "text", "text": {"content": text}}))

    def judge(self, answer: Answer) -> Outcome:
        """Only errcode 0 is a success."""
        code = answer.json().get("errcode")
        if code == 0:
            return Outcome(True, answer.words)
        return Outcome(False, answer.words, permanent=isinstance(code, int) and code not in BUSY)
