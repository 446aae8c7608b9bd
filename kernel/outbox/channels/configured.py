"""The channels that the settings make possible, by name."""

from __future__ import annotations

from kernel.outbox.channels import Channel
from kernel.outbox.channels.dingtalk import DingTalkChannel
from kernel.outbox.channels.maildir import MaildirChannel
from kernel.outbox.channels.sms import SmsChannel
from kernel.outbox.channels.smtp import SmtpChannel
from kernel.outbox.channels.webhook import WebhookChannel
from kernel.outbox.channels.wecom import WeComChannel
from kernel.settings import Settings


def configured(settings: Settings) -> dict[str, Channel]:
    """Return the channels: e-mail and robots always, SMS and webhooks when they are set up."""
    found: dict[str, Channel] = {"wecom": WeComChannel(settings), "dingtalk": DingTalkChannel(settings)}
    if settings.smtp_host:
        found["email"] = SmtpChannel(settings)
    else:
        found["email"] = MaildirChannel(settings.data_dir / "mail", settings.mail_from)
    if settings.sms_url:
        found["sms"] = SmsChannel(settings)
    if settings.webhook_secret:
        found["webhook"] = WebhookChannel(settings)
    return found
