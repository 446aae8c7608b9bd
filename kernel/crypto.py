"""SM3 (GM/T 0004) and the canonical JSON that everything hashed is first put into.

``hashlib`` offers SM3 only when the system's OpenSSL was built with it, so ``cryptography`` stands in
where it was not; it is imported only then, because it is slow to import.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

_NATIVE = "sm3" in hashlib.algorithms_available


def sm3_hex(data: bytes) -> str:
    """Return the SM3 of the bytes as 64 lower-case hexadecimal digits."""
    if _NATIVE:
        return hashlib.new("sm3", data).hexdigest()
    return _sm3_without_openssl(data)


def _sm3_without_openssl(data: bytes) -> str:
    from cryptography.hazmat.primitives.hashes import SM3, Hash

    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize().hex()


def hmac_hex(key: bytes, data: bytes, digest: str = "sm3") -> str:
    """Return the HMAC of the bytes, by SM3 or a hash that every `hashlib` has."""
    if digest != "sm3" or _NATIVE:
        return hmac.new(key, data, digest).hexdigest()
    from cryptography.hazmat.primitives.hashes import SM3
    from cryptography.hazmat.primitives.hmac import HMAC

    made = HMAC(key, SM3())
    made.update(data)
    return made.finalize().hex()


class Sm3:
    """SM3 over data that comes in pieces."""

    def __init__(self) -> None:
        self._native = hashlib.new("sm3") if _NATIVE else None
        if self._native is None:
            from cryptography.hazmat.primitives.hashes import SM3, Hash

            self._other = Hash(SM3())

    def update(self, data: bytes) -> None:
        """Take the next piece."""
        (self._native or self._other).update(data)

    def hexdigest(self) -> str:
        """Return the digest of all pieces; call it once."""
        return self._native.hexdigest() if self._native else self._other.finalize().hex()


def canonical_json(value: object) -> bytes:
    """Return the one byte form of a JSON-like value: sorted keys, no spaces, UTF-8.

    Times become ISO 8601 in UTC, so that one instant has one form whatever its offset; ``Decimal``
    becomes a string. Raises ``ValueError`` for a time without an offset, for NaN and infinities, and
    ``TypeError`` for anything else that JSON cannot hold.
    """
    return _CANONICAL.encode(value).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without an offset has no canonical form")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_CANONICAL = json.JSONEncoder(
    sort_keys=True,
    ensure_ascii=False,
    separators=(",", ":"),
    allow_nan=False,
    check_circular=False,  # made once, and nothing hashed holds itself
    default=_plain,
)
