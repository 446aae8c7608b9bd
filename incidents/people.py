"""Who has to be told: the engineers who act, the people of party A whom an incident touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kernel.identity.models import Person
from kernel.identity.service import people_with_role

ENGINEERS = ("engineer",)
MANAGERS = ("engineer", "provider_manager")


def engineers(session: Session, now: datetime) -> list[Person]:
    """Return everybody who handles incidents."""
    return _unique(person for person, _ in people_with_role(session, now, ENGINEERS))


def managers(session: Session, now: datetime) -> list[Person]:
    """Return the engineers and the provider's managers."""
    return _unique(person for person, _ in people_with_role(session, now, MANAGERS))


def party_a(session: Session, now: datetime, payers: Sequence[str]) -> list[Person]:
    """Return the city's supervisors and the supervisors of the payers touched."""
    found = people_with_role(session, now, ("supervisor", "payer_supervisor"))
    return _unique(person for person, scope in found if scope is None or scope in payers)


def _unique(people: Iterable[Person]) -> list[Person]:
    return list({person.id: person for person in people}.values())
