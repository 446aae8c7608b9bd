"""Who stands behind a target of the ladder at an instant, by the roster or, where it has a gap, by role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from incidents import people
from incidents.oncall import rules
from kernel.identity.directory import Recipient, people_with_role
from oa.affairs.duty.queries import on_duty_at


class Callee(NamedTuple):
    """A person, and as what they are called."""

    person: Recipient
    target: str


class Callees(NamedTuple):
    """Whom to call, and the roles of the roster that had nobody."""

    people: list[Callee]
    gaps: list[str]


def callees(session: Session, at: datetime, payers: Sequence[str], targets: Sequence[str]) -> Callees:
    """Return whom the targets mean at `at`, each person once."""
    duty = on_duty_at(session, at)
    found: dict[int, Callee] = {}
    for target in targets:
        for person in _behind(session, at, payers, target, duty):
            found.setdefault(person.id, Callee(person, target))
    roster = (rules.PRIMARY, rules.DEPUTY, rules.LEADER)
    return Callees(list(found.values()), [t for t in targets if t in roster and t not in duty])


def _behind(
    session: Session, at: datetime, payers: Sequence[str], target: str, duty: dict[str, Recipient]
) -> list[Recipient]:
    if target in duty:
        return [duty[target]]
    if target == rules.PARTY_A:
        return people.party_a(session, at, payers)
    if target == rules.EVERYBODY:
        return [*duty.values(), *people.managers(session, at), *people.party_a(session, at, payers)]
    if target == rules.LEADER:
        return people_with_role(session, at, ("provider_manager",)) or people.engineers(session, at)
    return people.engineers(session, at)
