"""Who has to be told: the engineers who act, the people of party A whom an incident touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kernel.identity.directory import Recipient, people_with_role

ENGINEERS = ("engineer",)
MANAGERS = ("engineer", "provider_manager")


def engineers(session: Session, now: datetime) -> list[Recipient]:
    """Return everybody who handles incidents."""
    return _unique(people_with_role(session, now, ENGINEERS))


def managers(session: Session, now: datetime) -> list[Recipient]:
    """Return the engineers and the provider's managers."""
    return _unique(people_with_role(session, now, MANAGERS))


def supervisors(session: Session, now: datetime) -> list[Recipient]:
    """Return those of party A who decide."""
    return _unique(people_with_role(session, now, ("supervisor",)))


def party_a(session: Session, now: datetime, payers: Sequence[str]) -> list[Recipient]:
    """Return the city's supervisors and the supervisors of the payers touched."""
    found = people_with_role(session, now, ("supervisor", "payer_supervisor"))
    return _unique(person for person in found if person.scope is None or person.scope in payers)


def _unique(people: Iterable[Recipient]) -> list[Recipient]:
    return list({person.id: person for person in people}.values())
