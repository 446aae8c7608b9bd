"""Takes secrets out of whatever is kept or shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

HIDDEN = "•••"
SHORTEST = 4
"""A shorter secret would blot out half of every sentence; it is refused where it is read."""


class Redaction:
    """Replaces every known secret, also in the escaped form that JSON gives it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        plain = {secret for secret in secrets if len(secret) >= SHORTEST}
        lines = {line for secret in plain for line in secret.splitlines() if len(line) >= SHORTEST}
        escaped = {secret.encode("unicode_escape").decode() for secret in plain}
        self._secrets = sorted(plain | lines | escaped, key=len, reverse=True)

    def text(self, value: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            value = value.replace(secret, HIDDEN)
        return value

    def value(self, found: Any) -> Any:
        """Return a JSON value without secrets, keys included."""
        if isinstance(found, str):
            return self.text(found)
        if isinstance(found, dict):
            return {self.text(str(key)): self.value(inner) for key, inner in found.items()}
        if isinstance(found, list):
            return [self.value(inner) for inner in found]
        return found
