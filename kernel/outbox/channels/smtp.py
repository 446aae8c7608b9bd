"""E-mail over SMTP (aiosmtplib): STARTTLS or TLS, authentication, one connection per batch."""

from __future__ import annotations

import asyncio
import logging
import ssl
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from email.encoders import encode_base64
from email.header import Header
from email.message import Message as Mail
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.policy import Compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache

import aiosmtplib

from kernel.outbox.channels import Outcome
from kernel.outbox.models import Message
from kernel.settings import Settings

REFUSED = 550
"""From here on a server refuses the mail itself; lower 5xx mean a wrong login or set-up, to be mended."""

log = logging.getLogger(__name__)


def compose(message: Message, sender: str) -> Mail:
    """Build the mail; Message-ID and Date stay the same over all attempts.

    Headers are set as text (RFC 2047 words where they aren't ASCII) and written as they stand: the registry
    of `EmailMessage` parses each again, and folding them once more takes longer than all else. Raises
    ValueError for an address that is no header.
    """
    mail = _text(message.body)
    if message.attachments:
        text, mail = mail, MIMEMultipart(policy=_AS_IT_STANDS)
        mail.attach(text)
        for attached in message.attachments:
            mail.attach(_part(attached.file.media_type, attached.file.content, attached.name))
    headers = {
        "From": formataddr((_word("守时"), sender)),
        "To": message.address,
        "Subject": _word(" ".join(message.title.split())),
        "Message-ID": message.message_id,
        "Date": format_datetime(message.created_at),
        "Auto-Submitted": "auto-generated",
    }
    for name, value in headers.items():
        if not value.isascii() or not value.replace("\n ", " ").isprintable():
            raise ValueError(f"{name} cannot be a header")
        mail[name] = value
    return mail


class _AsItStands(Compat32):
    """Headers that `compose` has seen to be printable ASCII, folded where they are long."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the line, or lines, of a header."""
        return f"{name}: {self.linesep.join(value.splitlines())}{self.linesep}".encode("ascii")


_AS_IT_STANDS = _AsItStands()


@lru_cache(maxsize=256)  # the sender's is in each mail, a title in that to each who is told
def _word(text: str) -> str:
    return Header(text, "utf-8").encode()


def _text(body: str) -> Mail:
    """What `MIMEText` makes of it, without parsing the headers it has just set."""
    mail = Mail(policy=_AS_IT_STANDS)
    mail["Content-Type"] = 'text/plain; charset="utf-8"'
    mail["MIME-Version"] = "1.0"
    mail["Content-Transfer-Encoding"] = "base64"
    mail.set_payload(encodebytes(body.encode()).decode("ascii"))
    return mail


def _part(media_type: str, content: bytes, name: str) -> MIMEBase:
    part = MIMEBase(*media_type.split("/", 1))
    part.set_payload(content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return part


class SmtpChannel:
    """Hands mail to the configured server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        """Send the batch over one connection; a broken connection fails the rest for now."""
        with asyncio.Runner() as runner:
            client, transport = self._client(), None
            try:
                runner.run(client.connect())
                transport = client.transport  # the client forgets it as soon as either side says good-bye
                if self._settings.smtp_user:
                    runner.run(self._login(client))
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                runner.run(_close(client, transport))
                yield from ((m, Outcome(False, _words(error))) for m in messages)
                return
            try:
                for message in messages:
                    yield message, runner.run(self._send(client, message))
            finally:
                runner.run(_quit(client, transport))

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


async def _quit(client: aiosmtplib.SMTP, transport: asyncio.BaseTransport | None) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        log.info("mail server did not say goodbye: %s", _words(error))
    await _close(client, transport)


async def _close(client: aiosmtplib.SMTP, transport: asyncio.BaseTransport | None) -> None:
    """Close the connection before the loop ends; TLS would otherwise wait for the server's good-bye."""
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    for _ in range(3):  # the turns in which the socket is let go
        await asyncio.sleep(0)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
