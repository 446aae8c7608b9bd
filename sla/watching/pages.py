"""Call people without the platform: mail and webhook of the watcher's own configuration."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kernel.crypto import sm3_hex
from kernel.outbox.channels import Channel
from kernel.outbox.channels.smtp import SmtpChannel
from kernel.outbox.channels.webhook import WebhookChannel
from kernel.outbox.models import Message
from kernel.settings import Settings
from sla.watching.rules import SAID, State

log = logging.getLogger(__name__)
TITLES = {
    "down": "【平台停止】",
    "still": "【平台仍未恢复】",
    "back": "【平台已恢复】",
    "test": "【看守测试】",
}


class TrustedWebhook(WebhookChannel):
    """The operator names the address, who may well name a private one."""

    trusted = True


class Pager:
    """Where pages go; what could not be sent waits for the next time."""

    def __init__(
        self, settings: Settings, zone: ZoneInfo, url: str, mail: Sequence[str], webhooks: Sequence[str]
    ) -> None:
        self.url, self._zone = url, zone
        self.waiting: list[tuple[str, Message]] = []
        self._to = [("mail", address) for address in mail] + [("webhook", hook) for hook in webhooks]
        self._channels: dict[str, Channel] = {
            "mail": SmtpChannel(settings),
            "webhook": TrustedWebhook(settings.model_copy(update={"base_url": ""})),
        }

    def call(self, kind: str, state: State, at: datetime) -> None:
        """Compose a page for everybody."""
        title, body = TITLES[kind] + self.url, "\n".join(self._lines(kind, state, at))
        for channel, address in self._to:
            key = sm3_hex(f"{self.url}:{kind}:{at.isoformat()}:{address}".encode())[:32]
            message = Message(
                message_id=f"<{key}@shoushi-watch>", address=address, title=title, body=body, created_at=at,
                url=self.url, attachments=[],
            )  # fmt: skip
            self.waiting.append((channel, message))
        del self.waiting[: -10 * len(self._to)]

    def _lines(self, kind: str, state: State, at: datetime) -> Iterator[str]:
        yield f"外部看守于 {self._time(at)} 观察到：{self.url}"
        if kind in ("down", "still"):
            detail = f"（{state.detail}）" if state.detail else ""
            since = self._time(state.absent_from or at)
            yield f"{SAID.get(state.why, state.why)}{detail}，自 {since} 起。"
            yield "期间没有人看管时限，也没有人被自动呼叫：请立即查看主机，并按合同人工响应故障。"
        elif kind == "back":
            yield "平台已恢复应答；停机时段将交平台登记为未观测时间。"
        else:
            yield "这是一次测试，收到即表示看守能够呼叫您。"

    def _time(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def send(self) -> int:
        """Send what waits; returns how many were taken. What is refused for good is let go, and logged."""
        sent, kept = 0, []
        for channel, message in self.waiting:
            for _message, outcome in self._channels[channel].deliver([message]):
                if outcome.ok:
                    sent += 1
                    continue
                log.error("page to %s by %s: %s", message.address, channel, outcome.answer)
                if not outcome.permanent:
                    kept.append((channel, message))
        self.waiting = kept
        return sent
