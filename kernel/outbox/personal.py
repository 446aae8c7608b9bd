"""Letters to people: the same words to each by mail and in the platform, once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from kernel.outbox.service import Draft


class Person(Protocol):
    """Somebody who can be told something."""

    @property
    def id(self) -> int:
        """The person's row."""

    @property
    def username(self) -> str:
        """Where the platform shows it."""

    @property
    def email(self) -> str | None:
        """Where mail goes, if it can."""


class Letter(NamedTuple):
    """What to say: `once` makes it say it once to each, `ref` names what it is about."""

    once: str
    ref: str
    title: str
    body: str
    url: str


def to_each(people: Iterable[Person], letter: Letter) -> list[Draft]:
    """Return the drafts for everybody, each person once; who has no address is told in the platform only."""
    drafts = []
    for person in {p.id: p for p in people}.values():
        for channel, address in (("email", person.email), ("inapp", person.username)):
            if address:
                key = f"{letter.once}:{channel}:{person.id}"
                drafts.append(
                    Draft(key, letter.ref, channel, address, letter.title, letter.body, person.id, letter.url)
                )
    return drafts
