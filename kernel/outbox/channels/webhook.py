"""Signed webhook: JSON, with an HMAC over the time and the body, so that it cannot be forged or replayed.

`X-Shoushi-Signature: sha256=…` (or `sm3=…`) is the HMAC of `timestamp + "." + body`; a receiver compares it,
refuses timestamps more than five minutes off, and drops an `X-Shoushi-Id` it has seen.
"""

from __future__ import annotations

from kernel.clock import SYSTEM
from kernel.crypto import hmac_hex
from kernel.outbox.channels.http import HttpChannel, Post, as_json
from kernel.outbox.models import Message


class WebhookChannel(HttpChannel):
    """Posts to the person's own address."""

    def compose(self, message: Message) -> Post:
        """Sign the message as it is now; its id stays the same over all attempts."""
        secret = self.settings.webhook_secret
        link = self.settings.base_url + message.url if message.url else None
        body = as_json(
            {
                "id": message.message_id,
                "at": message.created_at.isoformat(),
                "title": message.title,
                "text": message.body,
                "url": link,
            }
        )
        stamp = str(int(SYSTEM.now().timestamp()))
        digest = self.settings.webhook_digest
        key = secret.get_secret_value().encode() if secret else b""
        signature = hmac_hex(key, stamp.encode() + b"." + body, digest)
        headers = {
            "X-Shoushi-Id": message.message_id,
            "X-Shoushi-Timestamp": stamp,
            "X-Shoushi-Signature": f"{digest}={signature}",
        }
        return Post(message.address, body, headers)
