"""The named cast: everybody who appears in tests."""

from __future__ import annotations

from typing import NamedTuple

from kernel.identity.setup import add_administrators, add_member
from kernel.platform import Platform

PASSWORD = "Correct-horse-7"


class Member(NamedTuple):
    username: str
    name: str
    unit: str
    role: str
    scope: str | None = None


CAST = (
    Member("lin", "林工", "provider", "engineer"),
    Member("he", "何运维", "provider", "ops"),
    Member("zhou", "周经理", "provider", "provider_manager"),
    Member("wang", "王科长", "city-office", "supervisor"),
    Member("sun", "孙主任", "suixi-office", "payer_supervisor", "suixi"),
    Member("qian", "钱文员", "lieshan-office", "staff", "lieshan"),
)
ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")


def add_cast(platform: Platform) -> None:
    """Create the administrators and the cast, all with PASSWORD and an e-mail address."""
    add_administrators(platform, PASSWORD, must_change=False)
    for member in CAST:
        add_member(
            platform,
            member.username,
            member.name,
            PASSWORD,
            unit_key=member.unit,
            roles=[member.role],
            scope=member.scope,
            email=f"{member.username}@example.test",
            must_change=False,
        )
