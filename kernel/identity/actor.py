"""The actor: who asks, and what they may do. A value, free of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kernel.errors import Forbidden, Unauthenticated


class Grant(NamedTuple):
    """A role held in a unit; `scope` is that unit's part of the business, None for all of it."""

    role: str
    unit_id: int
    scope: str | None


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or machine with its rights: always role × unit."""

    username: str
    display_name: str
    person_id: int | None = None
    grants: tuple[Grant, ...] = ()
    rights: dict[str, frozenset[str | None]] = field(default_factory=dict)
    """Permission → the scopes it holds in (None: everywhere)."""
    language: str | None = None
    must_change_password: bool = False
    session_id: int | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody is logged in."""
        return self.person_id is None

    def may(self, permission: str) -> bool:
        """Whether the actor has this right anywhere."""
        return permission in self.rights

    def scopes(self, permission: str) -> frozenset[str] | None:
        """Return the scopes this right is limited to; None means it is not limited."""
        held = self.rights.get(permission, frozenset())
        if None in held:
            return None
        return frozenset(s for s in held if s is not None)

    def demand(self, permission: str) -> None:
        """Raise Unauthenticated or Forbidden unless the actor has this right."""
        if self.may(permission):
            return
        if self.anonymous:
            raise Unauthenticated("请先登录后再操作。")
        raise Forbidden("您的岗位没有这项权限，如确有需要请联系安全管理员。")


ANONYMOUS = Actor(username="anonymous", display_name="")
