"""The log of a drill: entries chained by SM3, written in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from drills import rules
from drills.models import Drill, DrillEntry
from kernel import audit, feed
from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.errors import Conflict
from kernel.web.i18n import gettext as _
from kernel.web.worded import Worded, data_of, shown, text_of

ACTION = "drill.entry"
CHAINED = ("seq", "at", "kind", "text", "data", "actor", "actor_name")


class Who(NamedTuple):
    """Somebody as the log keeps them."""

    username: str
    name: str


CONDUCTOR = Who("conductor", "演练控制器")
PLATFORM = Who("system", "平台")
OURS = (CONDUCTOR.username, PLATFORM.username)
"""Who is nobody: their names and words are ours to translate."""


class Said(NamedTuple):
    """An entry before it is written."""

    kind: str
    data: Mapping[str, Any] = {}
    text: Worded | str | None = None
    """As a person wrote it, or the platform's own sentence."""
    at: datetime | None = None
    """When it happened, when that is not now."""


def life_of(session: Session, drill: Drill) -> rules.Life:
    """Return where the drill stands by its entries."""
    return rules.fold(rules.Told(e.kind, e.data, e.at, e.actor) for e in entries(session, drill.id))


def entries(session: Session, drill_id: int, after: int = 0) -> Sequence[DrillEntry]:
    """Return the entries in order, those after a sequence number only if asked."""
    wanted = select(DrillEntry).where(DrillEntry.drill_id == drill_id, DrillEntry.seq > after)
    return session.scalars(wanted.order_by(DrillEntry.seq)).all()


def append(session: Session, now: datetime, drill: Drill, who: Who, said: Iterable[Said]) -> rules.Life:
    """Append entries to a drill that the caller holds locked; 409 when one doesn't belong here.

    The row's state, outcome, sequence and head follow; every digest goes into the audit chain.
    """
    life = life_of(session, drill)
    rows = []
    for each in said:
        try:
            life.apply(each.kind, each.data, each.at or now, who.username)
        except rules.Impossible as error:
            raise _conflict(error) from None
        row = {
            "seq": drill.seq + 1,
            "at": each.at or now,
            "kind": each.kind,
            "text": text_of(each.text),
            "data": {**each.data, **data_of(each.text)},
            "actor": who.username,
            "actor_name": who.name,
        }
        row["digest"] = drill.head = entry_digest(drill.number, drill.head, row)
        drill.seq += 1
        rows.append(row | {"drill_id": drill.id})
        detail = {"type": each.kind, "digest": row["digest"]}
        audit.record(session, now, ACTION, f"drill:{drill.number}#{row['seq']}", detail)
    if rows:
        session.execute(insert(DrillEntry), rows)
        drill.state, drill.outcome = life.state, life.outcome
        session.flush()
        feed.announce(session, now, "drill", f"/drills/{drill.number}")
    return life


def _conflict(error: rules.Impossible) -> Conflict:
    label = _(rules.MOVES[error.kind].label)
    state = _(rules.STATE_LABELS.get(error.state, error.state))
    return Conflict(_("演练现在“%(state)s”，不能“%(what)s”。", state=state, what=label), code="impossible")


def entry_digest(number: str, previous: str, row: Mapping[str, Any]) -> str:
    """Return the SM3 that chains an entry to the one before it."""
    return sm3_hex(canonical_json([number, previous, {name: row[name] for name in CHAINED}]))


def broken_at(number: str, rows: Iterable[Mapping[str, Any]]) -> int | None:
    """Return the sequence number of the first entry that the chain does not bear out, None when all hold."""
    previous, expected = "", 1
    for row in rows:
        if row["seq"] != expected or row["digest"] != entry_digest(number, previous, row):
            return int(row["seq"])
        previous, expected = row["digest"], expected + 1
    return None


def check_entries(session: Session) -> Iterator[str]:
    """Yield every entry of a drill that was altered, added or removed (`Manifest.checks`)."""
    wanted = select(Drill.number, DrillEntry).join(Drill, Drill.id == DrillEntry.drill_id)
    found = session.execute(wanted.order_by(Drill.id, DrillEntry.seq).execution_options(yield_per=500))
    return compare(session, ACTION, _recomputed(found))


def _recomputed(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
    number, previous = "", ""
    for row in found:
        if row.number != number:
            number, previous = row.number, ""
        entry = row.DrillEntry
        digest = entry_digest(number, previous, {name: getattr(entry, name) for name in CHAINED})
        kept, previous = entry.digest, entry.digest
        yield f"drill:{number}#{entry.seq}", digest if digest == kept else f"{digest} {kept}"


def text(entry: DrillEntry) -> str | None:
    """Return an entry's text in the reader's language; what a person wrote stays as it was written."""
    return shown(entry.text, entry.data, ours=entry.actor in OURS)


def name(entry: DrillEntry) -> str:
    """Return who an entry is from."""
    return _(entry.actor_name) if entry.actor in OURS else entry.actor_name


def asked_again(session: Session, drill: Drill) -> bool:
    """Whether somebody has asked for another try since the way back failed last."""
    kinds = ("rollback_failed", "retry_requested", "undone_by_hand")
    wanted = select(DrillEntry.kind).where(DrillEntry.drill_id == drill.id, DrillEntry.kind.in_(kinds))
    last = session.scalar(wanted.order_by(DrillEntry.seq.desc()).limit(1))
    return last in ("retry_requested", "undone_by_hand")
