"""E-mail into a local Maildir, for installations without a mail server: nothing leaves the machine.

The pages say so plainly. The file name is derived from the Message-ID, so a repeated attempt overwrites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kernel.outbox.channels import Outcome
from kernel.outbox.channels.smtp import compose
from kernel.outbox.models import Message


class MaildirChannel:
    """Writes each mail as a file below `folder`."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        """Write the mails, each whole or not at all."""
        for box in ("tmp", "new", "cur"):
            (self._folder / box).mkdir(parents=True, exist_ok=True)
        for message in messages:
            name = message.message_id.strip("<>").partition("@")[0]
            draft = self._folder / "tmp" / name
            try:
                draft.write_bytes(bytes(compose(message, self._sender)))
                draft.rename(self._folder / "new" / name)
            except OSError as error:
                yield message, Outcome(False, f"{type(error).__name__}: {error.strerror}")
            except ValueError as error:  # an address or title that cannot be a header
                yield message, Outcome(False, f"{type(error).__name__}: {error}", permanent=True)
            else:
                yield message, Outcome(True, f"written to {name}")
