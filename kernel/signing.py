"""SM2 signatures (GB/T 32918.2) behind an interface, so that a certified signing server can stand in.

What is signed is rare (one seal a day, a report a month), so pure Python is fast enough. It is not
constant-time: whoever may measure this process's every microsecond should use hardware instead.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from kernel.crypto import hmac_hex
from kernel.errors import ConfigError
from kernel.settings import Settings

_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_DIGITS = 64


class Signer(Protocol):
    """Signs bytes with a key that never leaves it."""

    @property
    def public_key(self) -> str:
        """The public point as 128 hexadecimal digits (x, then y)."""

    def sign(self, data: bytes) -> str:
        """Return the signature as 128 hexadecimal digits (r, then s)."""


class Sm2Signer:
    """Signs in this process with a private key of 64 hexadecimal digits, or one kept in a folder.

    Raises ConfigError when the digits are no private key.
    """

    def __init__(self, key: str | Path) -> None:
        self._key = key
        if isinstance(key, str):
            _number(key)

    @cached_property
    def _engine(self) -> Any:
        key = key_of(self._key) if isinstance(self._key, Path) else self._key
        engine = _engine_of(key.strip(), "")
        engine.public_key = engine._kg(_number(key), engine.ecc_table["g"])
        return engine

    @property
    def public_key(self) -> str:
        """The public point as 128 hexadecimal digits (x, then y)."""
        return str(self._engine.public_key)

    def sign(self, data: bytes) -> str:
        """Return the signature over SM3(Z ‖ data), with the default identity of the standard."""
        while True:  # the standard asks for another nonce in the rare case that this one gives no signature
            nonce = f"{secrets.randbelow(_ORDER - 1) + 1:064x}"  # the library's own comes from `random`
            if signature := self._engine.sign_with_sm3(data, nonce):
                return str(signature)


def _number(key: str) -> int:
    digits = key.strip()
    try:
        number = int(digits, 16)
    except ValueError:
        number = 0
    if len(digits) != _DIGITS or not 1 <= number < _ORDER - 1:
        raise ConfigError("SHOUSHI_SIGNING_KEY: should be 64 hexadecimal digits, an SM2 private key")
    return number


def signed_by(public_key: str, data: bytes, signature: str) -> bool:
    """Whether the signature over the data was made with the private key of this public key."""
    try:
        r, s = int(signature[:_DIGITS], 16), int(signature[_DIGITS:], 16)
        int(public_key, 16)
    except ValueError:
        return False
    whole = len(signature) == len(public_key) == 2 * _DIGITS
    if not whole or not (0 < r < _ORDER and 0 < s < _ORDER):
        return False
    return bool(_engine_of("", public_key).verify_with_sm3(signature, data))


def _engine_of(private_key: str, public_key: str) -> Any:
    from gmssl.sm2 import CryptSM2

    engine = CryptSM2(private_key, "")
    engine.public_key = public_key  # its constructor eats leading digits 0 and 4 of a bare point
    return engine


def derived_key(settings: Settings, purpose: str) -> bytes:
    """Return a key for one purpose, made from the platform's secret: what signs links cannot sign seals."""
    given = settings.signing_key
    secret = given.get_secret_value() if given else key_of(settings.data_dir)
    return bytes.fromhex(hmac_hex(secret.strip().encode(), purpose.encode()))


def key_of(folder: Path) -> str:
    """Return the private key kept in `folder`, making one on the first call; only the owner may read it."""
    path = folder / "signing.key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"signing.key.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.randbelow(_ORDER - 2) + 1:064x}")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # unlike a rename, a link never replaces the key of a faster process
        os.link(draft, path)
    draft.unlink()
    return path.read_text(encoding="ascii")
