"""TLS: the certificate of any port, and the days it still has."""

from __future__ import annotations

import asyncio
import ssl

from cryptography import x509
from pydantic import Field

from incidents.monitoring.probes import base
from kernel.clock import SYSTEM


class TlsSpec(base.Spec):
    """Where the certificate is shown, and how many days it must still have."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=443, ge=1, le=65535)
    days_left: int = Field(default=30, ge=1, le=365)
    ca_file: base.CaFile = ""


def days_left(secured: ssl.SSLObject | ssl.SSLSocket) -> int | None:
    """Return the days until the peer's certificate expires."""
    shown = secured.getpeercert(binary_form=True)
    if shown is None:
        return None
    return (x509.load_der_x509_certificate(shown).not_valid_after_utc - SYSTEM.now()).days


async def check(spec: TlsSpec, _around: base.Around) -> str:
    """Shake hands once; the name and the chain are verified."""
    try:
        _reader, writer = await asyncio.open_connection(
            spec.host, spec.port, ssl=base.trust(True, spec.ca_file), server_hostname=spec.host
        )
    except ssl.SSLCertVerificationError as error:
        raise base.Failure(base.BAD_CERTIFICATE, error.verify_message) from None
    left = days_left(writer.get_extra_info("ssl_object"))
    writer.transport.abort()
    if left is None or left < spec.days_left:
        raise base.Failure(base.EXPIRING, f"{left} d")
    return f"{left} d"
