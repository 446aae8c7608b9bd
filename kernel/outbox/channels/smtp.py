"""E-mail over SMTP (aiosmtplib): STARTTLS or TLS, authentication, one connection per batch."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from kernel.outbox.channels import Outcome
from kernel.outbox.models import Message
from kernel.settings import Settings

REFUSED = 550
"""From here on a server refuses the mail itself; lower 5xx mean a wrong login or set-up, to be mended."""

log = logging.getLogger(__name__)


def compose(message: Message, sender: str) -> EmailMessage:
    """Build the mail; Message-ID and Date stay the same over all attempts."""
    mail = EmailMessage()
    mail["From"] = Address("守时", addr_spec=sender)
    mail["To"] = message.address
    mail["Subject"] = " ".join(message.title.split())
    mail["Message-ID"] = message.message_id
    mail["Date"] = format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body, cte="base64")
    for attached in message.attachments:
        main, _, sub = attached.file.media_type.partition("/")
        mail.add_attachment(attached.file.content, main, sub, filename=attached.name)
    return mail


class SmtpChannel:
    """Hands mail to the configured server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        """Send the batch over one connection; a broken connection fails the rest for now."""
        with asyncio.Runner() as runner:
            client = self._client()
            try:
                runner.run(client.connect())
                if self._settings.smtp_user:
                    runner.run(self._login(client))
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                runner.run(_close(client))
                yield from ((m, Outcome(False, _words(error))) for m in messages)
                return
            try:
                for message in messages:
                    yield message, runner.run(self._send(client, message))
            finally:
                runner.run(_quit(client))

    def _client(self) -> aiosmtplib.SMTP:
        s = self._settings
        context = ssl.create_default_context(cafile=str(s.smtp_ca_file) if s.smtp_ca_file else None)
        return aiosmtplib.SMTP(
            hostname=s.smtp_host,
            port=s.smtp_port,
            timeout=s.smtp_timeout,
            use_tls=s.smtp_security == "tls",
            start_tls=s.smtp_security == "starttls",
            tls_context=None if s.smtp_security == "none" else context,
        )

    async def _login(self, client: aiosmtplib.SMTP) -> None:
        password = self._settings.smtp_password
        await client.login(self._settings.smtp_user or "", password.get_secret_value() if password else "")

    async def _send(self, client: aiosmtplib.SMTP, message: Message) -> Outcome:
        try:
            _, answer = await client.send_message(compose(message, self._settings.mail_from))
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [r.code for r in error.recipients]
            return Outcome(False, _words(error), permanent=bool(codes) and min(codes) >= REFUSED)
        except aiosmtplib.SMTPResponseException as error:
            return Outcome(False, f"{error.code} {error.message}", permanent=error.code >= REFUSED)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            return Outcome(False, _words(error), permanent=isinstance(error, ValueError))
        return Outcome(True, answer)


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        log.info("mail server did not say goodbye: %s", _words(error))
    await _close(client)


async def _close(client: aiosmtplib.SMTP) -> None:
    """Close the connection and let the loop finish doing so, which otherwise ends with it half done."""
    client.close()
    for _ in range(3):  # TLS takes two turns more than plain TCP
        await asyncio.sleep(0)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
