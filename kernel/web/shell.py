"""What the shell needs to know of the running platform and of the person who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from kernel.manifest import NavItem
from kernel.web.i18n import lazy


class Clock(Protocol):
    """Tells the time, possibly faster than the wall does."""

    speed: float

    def now(self) -> datetime:
        """Return the present time: aware, UTC."""


class Actor(Protocol):
    """Who asks."""

    @property
    def username(self) -> str:
        """The login name."""

    @property
    def display_name(self) -> str:
        """The name people know."""

    @property
    def anonymous(self) -> bool:
        """Whether nobody is logged in."""

    @property
    def language(self) -> str | None:
        """The language the person chose, if any."""

    def may(self, permission: str) -> bool:
        """Whether the person has this right."""


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame around every page; lives in `app.state.shoushi`."""

    clock: Clock
    zone: ZoneInfo
    nav: Sequence[NavItem] = ()
    banner: str | lazy | None = None
    base_url: str = ""
    stream_url: str = "/api/v1/stream"


@dataclass(frozen=True, slots=True)
class Nobody:
    """The actor of a request that nobody has identified."""

    username: str = "anonymous"
    display_name: str = ""
    anonymous: bool = True
    language: str | None = None

    def may(self, permission: str) -> bool:
        """Nobody may nothing."""
        return False


NOBODY = Nobody()
