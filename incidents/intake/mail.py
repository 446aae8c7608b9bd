"""Alerts by mail: a mailbox is asked over IMAP every minute; off until SHOUSHI_IMAP_HOST is set.

A subject that begins like a recovery ends the alert of the same subject; everything else fires. A message is
marked as read once what it says is committed, so none is lost and one that is taken twice only counts.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from incidents.intake import service
from incidents.intake.rules import FIRING, RESOLVED, Alert
from kernel.platform import Platform
from kernel.settings import Settings

MOST = 200
"""Messages taken in one round."""
SOURCE = "mail"
_OVER = re.compile(r"^\W*(resolved|recovery|recovered|ok|恢复|已恢复|解除)\b\W*", re.IGNORECASE)
_MARK = re.compile(r"^\W*(firing|problem|alert|告警|re|fwd?)\b\W*", re.IGNORECASE)
_FIELD = re.compile(r"^\s*(module|payer|fault_class|severity|line|host)\s*[:：=]\s*(\S.*?)\s*$", re.MULTILINE)


def alert_of(mail: EmailMessage) -> Alert:
    """Read a message as an alert: the subject is its title, lines `module: …` of the text its labels."""
    subject = " ".join(str(mail.get("subject", "")).replace("\0", "").split())
    over = _OVER.match(subject)
    title = _MARK.sub("", _OVER.sub("", subject)) or subject or "mail"
    text = _text(mail)
    labels = dict(_FIELD.findall(text)) | {"alertname": title}
    _, sender = parseaddr(str(mail.get("from", "")))
    return Alert(
        SOURCE,
        title,
        fingerprint=f"{sender.lower()} {title}",
        status=RESOLVED if over else FIRING,
        severity=labels.get("severity"),
        starts_at=None if over else _sent(mail),
        labels=labels,
        annotations={"description": text[:2000], "from": sender},
    )


def _text(mail: EmailMessage) -> str:
    """Return the plain text, empty when nobody could read it."""
    part = mail.get_body(("plain",))
    try:
        return str(part.get_content()).replace("\0", "") if part is not None else ""
    except (LookupError, ValueError):
        return ""


def _sent(mail: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(mail.get("date")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def poll(platform: Platform) -> int:
    """Take in what is new in the mailbox; returns how many messages that were."""
    settings = platform.settings
    if settings.imap_host is None:
        return 0
    with _mailbox(settings) as box:
        found = box.uid("SEARCH", "UNSEEN")[1][0].split()[:MOST]
        for uid in found:
            raw = box.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1]
            mail = message_from_bytes(raw, policy=policy.default)
            with platform.db.write(SOURCE) as session:
                service.receive(platform, session, platform.clock.now(), [alert_of(mail)])
            box.uid("STORE", uid, "+FLAGS", r"(\Seen)")
    return len(found)


@contextmanager
def _mailbox(settings: Settings) -> Iterator[imaplib.IMAP4]:
    context = ssl.create_default_context(cafile=settings.imap_ca_file)
    host, port, seconds = str(settings.imap_host), settings.imap_port, settings.smtp_timeout
    box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=seconds)
    with box:
        secret = settings.imap_password.get_secret_value() if settings.imap_password else ""
        box.login(settings.imap_user or "", secret)
        box.select(settings.imap_folder)
        yield box
