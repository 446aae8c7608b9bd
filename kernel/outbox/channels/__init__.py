"""Channels: each a small module that hands one message to the outside world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from kernel.outbox.models import Message


class Outcome(NamedTuple):
    """What became of one attempt."""

    ok: bool
    answer: str
    permanent: bool = False


class Channel(Protocol):
    """Delivers messages. It never raises for a message: every attempt has an outcome."""

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        """Try each message once, yielding its outcome as soon as it is known."""
