"""Find the ways to people; keep their addresses and wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.db import table_of
from kernel.db.prepared import Listed
from kernel.errors import FieldError, Invalid
from kernel.identity.directory import Recipient
from kernel.identity.models import Person
from kernel.outbox.reach import rules
from kernel.outbox.reach.models import Contact, Muted
from kernel.platform import Platform

_CONTACTS = Listed(
    lambda people: select(Contact.person_id, Contact.channel, Contact.address).where(
        Contact.person_id.in_(people)
    ),
    table_of(Contact).c.person_id.type,
)
_MUTED = Listed(
    lambda people: select(Muted.person_id, Muted.channel).where(
        Muted.person_id.in_(people), Muted.kind == bindparam("kind")
    ),
    table_of(Muted).c.person_id.type,
)


class Way(NamedTuple):
    """One channel to one person."""

    person: Recipient
    channel: str
    address: str


def addresses(platform: Platform, session: Session, people: Iterable[Recipient]) -> dict[int, dict[str, str]]:
    """Return every address of each person, by channel, as far as the platform can use it."""
    people = list(people)
    found: dict[int, dict[str, str]] = {}
    for person in people:
        known = {"email": person.email, "sms": person.phone, rules.INAPP: person.username}
        found[person.id] = {channel: address for channel, address in known.items() if address}
    for person_id, channel, address in _CONTACTS.rows(session, list(found)):
        found[person_id][channel] = address
    usable = {*platform.channels, rules.INAPP}
    return {i: {c: a for c, a in known.items() if c in usable} for i, known in found.items()}


def ways(platform: Platform, session: Session, people: Sequence[Recipient], kind: str) -> list[Way]:
    """Return how each person is told something of this kind: as they wish, not below the floor."""
    known = addresses(platform, session, people)
    muted: dict[int, set[str]] = {}
    for person_id, channel in _MUTED.rows(session, list(known), {"kind": kind}):
        muted.setdefault(person_id, set()).add(channel)
    return [
        Way(person, channel, known[person.id][channel])
        for person in people
        for channel in rules.chosen(kind, known[person.id], muted.get(person.id, ()))
    ]


def save(
    session: Session,
    now: datetime,
    person: Person,
    phone: str,
    contacts: Mapping[str, str],
    muted: Mapping[str, Iterable[str]],
) -> None:
    """Keep a person's telephone, robots and wishes; 422 names what is no address.

    The audit chain learns which channels changed, not the addresses: a robot's URL is its password.
    """
    errors = []
    if phone and rules.wrong_phone(phone):
        errors.append(FieldError("phone", rules.WRONG_PHONE))
    for channel, address in contacts.items():
        if address and rules.wrong_url(address):
            errors.append(FieldError(channel, "请填写完整的网址，以 https:// 或 http:// 开头，不含用户名。"))
    if errors:
        raise Invalid("联系方式有误。", errors=errors)
    person.phone = phone or None
    session.execute(delete(Contact).where(Contact.person_id == person.id))
    session.execute(delete(Muted).where(Muted.person_id == person.id))
    session.add_all(Contact(person_id=person.id, channel=c, address=a) for c, a in contacts.items() if a)
    session.add_all(
        Muted(person_id=person.id, kind=kind, channel=channel)
        for kind, channels in muted.items()
        for channel in channels
    )
    session.flush()
    detail = {
        "channels": sorted([c for c, a in contacts.items() if a] + (["sms"] if phone else [])),
        "muted": {kind: sorted(channels) for kind, channels in muted.items()},
    }
    audit.record(session, now, "contact.changed", f"person:{person.username}", detail)


def wishes(session: Session, person_id: int) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return a person's robots by channel, and the channels switched off by kind."""
    contacts = dict(
        session.execute(select(Contact.channel, Contact.address).where(Contact.person_id == person_id))
        .tuples()
        .all()
    )
    muted: dict[str, set[str]] = {kind: set() for kind in rules.KIND_LABELS}
    rows = session.execute(select(Muted.kind, Muted.channel).where(Muted.person_id == person_id))
    for kind, channel in rows.tuples():
        muted.setdefault(kind, set()).add(channel)
    return contacts, muted
