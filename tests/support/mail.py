"""A real SMTP server (aiosmtpd) with STARTTLS and AUTH, and a CA of our own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from time import sleep
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel.clock import SYSTEM

USER, PASSWORD = "shoushi", "smtp-secret"


@dataclass
class Mailbox:
    """Handler that keeps what it accepted; `answers` are given, in order, instead of accepting."""

    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 kept"


def _authenticate(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=ok, handled=False) if not ok else AuthResult(success=True)


class _Counted(SMTP):
    """A session that says whether its connection is still open."""

    open: ClassVar[set[int]] = set()

    def connection_made(self, transport: Any) -> None:
        self.open.add(id(self))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.open.discard(id(self))
        super().connection_lost(error)


class _Controller(Controller):
    """Stops when the last client's good-bye has been seen: a loop that ends before leaks its socket."""

    def factory(self) -> SMTP:
        return _Counted(self.handler, **self.SMTP_kwargs)

    def stop(self, no_assert: bool = False) -> None:
        for _ in range(500):
            if not _Counted.open:
                break
            sleep(0.01)
        super().stop(no_assert)


class MailServer:
    """Start and stop it as often as you like; it keeps its port."""

    def __init__(self, folder: Path) -> None:
        self.box = Mailbox()
        self.ca_file = folder / "ca.pem"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        make_certificate(self.ca_file, folder / "key.pem")
        self._context.load_cert_chain(self.ca_file, folder / "key.pem")
        self.port = 0
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = _Controller(
            self.box,
            hostname="127.0.0.1",
            port=self.port or _free_port(),
            tls_context=self._context,
            require_starttls=True,
            auth_required=True,
            authenticator=_authenticate,
        )
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def settings(self, **changed: str) -> dict[str, str]:
        """Return the environment that makes the platform use this server."""
        return {
            "SHOUSHI_SMTP_HOST": "127.0.0.1",
            "SHOUSHI_SMTP_PORT": str(self.port),
            "SHOUSHI_SMTP_USER": USER,
            "SHOUSHI_SMTP_PASSWORD": PASSWORD,
            "SHOUSHI_SMTP_CA_FILE": str(self.ca_file),
            "SHOUSHI_SMTP_TIMEOUT": "5",
        } | changed


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificate(certificate_file: Path, key_file: Path, days: int = 1) -> None:
    """Write a self-signed certificate for 127.0.0.1 that is its own CA; negative days: it has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = SYSTEM.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1 + abs(days)))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
