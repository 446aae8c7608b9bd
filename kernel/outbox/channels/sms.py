"""Port to an SMS gateway. Operators' gateways differ; this small interface is what ours has to speak.

`POST SHOUSHI_SMS_URL` with `{"id", "to", "text"}` and a bearer token. The gateway answers
`{"status": "accepted" | "duplicate" | "refused", "reason"?}`; the same id twice is one SMS, so a lost answer
costs nobody a second ring. It may later report the arrival: `POST /api/v1/receipts`.
"""

from __future__ import annotations

from kernel.outbox.channels import Outcome
from kernel.outbox.channels.http import Answer, HttpChannel, Post, as_json
from kernel.outbox.models import Message

LONGEST = 300
"""Characters: four or five parts of an SMS."""


class SmsChannel(HttpChannel):
    """Hands short messages to the gateway."""

    trusted = True

    def compose(self, message: Message) -> Post:
        """Return the title and the link; the body is for longer channels."""
        link = f" {self.settings.base_url}{message.url}" if message.url else ""
        text = message.title[: LONGEST - len(link)] + link
        body = as_json({"id": message.message_id, "to": message.address, "text": text})
        token = self.settings.sms_token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        return Post(self.settings.sms_url or "", body, headers)

    def judge(self, answer: Answer) -> Outcome:
        """Accepted now or before is a success; refused will not get better."""
        status = answer.json().get("status")
        if status in ("accepted", "duplicate"):
            return Outcome(True, answer.words)
        return Outcome(False, answer.words, permanent=status == "refused")
