"""The navigation an actor sees: groups at the side, at most five places at the bottom of a phone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kernel.manifest import NavItem
from kernel.web.shell import Actor

PHONE_PLACES = 5


@dataclass(frozen=True, slots=True)
class Navigation:
    """What to show, and where the reader is."""

    groups: tuple[tuple[str, tuple[NavItem, ...]], ...]
    phone: tuple[NavItem, ...]
    top: tuple[NavItem, ...]
    current: str | None


def navigation(items: Iterable[NavItem], actor: Actor, path: str) -> Navigation:
    """Choose the places that `actor` may enter; the longest matching address is the current one."""
    allowed = [item for item in items if actor.may(item.permission)]
    groups: dict[str, list[NavItem]] = {}
    for item in allowed:
        groups.setdefault(item.group, []).append(item)
    here = max((item.href for item in allowed if _within(path, item.href)), key=len, default=None)
    phone = tuple(item for item in allowed if item.phone)[:PHONE_PLACES]
    top = tuple(item for item in allowed if item.top)
    return Navigation(tuple((name, tuple(group)) for name, group in groups.items()), phone, top, here)


def _within(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(href.rstrip("/") + "/"))
