"""The alert table: find what is known of many alerts in one query, count, bring up to date, insert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from incidents.intake.classes import Rule
from incidents.intake.models import AlertRow
from incidents.intake.rules import FIRING, Alert, Track, identity
from incidents.models import Incident
from kernel.db import table_of
from kernel.db.bulk import insert_many
from kernel.db.prepared import Listed, Prepared

_ALERT = table_of(AlertRow)
_KNOWN = Listed(
    lambda keys: (
        select(
            AlertRow.current,
            AlertRow.id,
            AlertRow.status,
            AlertRow.starts_at,
            AlertRow.ended_at,
            AlertRow.occurrences,
            AlertRow.incident_id,
            Incident.number,
            AlertRow.told,
            AlertRow.told_at,
            AlertRow.untold,
        )
        .outerjoin(Incident, Incident.id == AlertRow.incident_id)
        .where(AlertRow.current.in_(keys))
    ),
    _ALERT.c.current.type,
    gathered=True,
)
_COUNT = Listed(
    lambda rows: (
        update(_ALERT)
        .where(_ALERT.c.id.in_(rows))
        .values(count=_ALERT.c.count + bindparam("more"), last_at=bindparam("now"))
    ),
    _ALERT.c.id.type,
)


def _repeat() -> Select[Any]:
    """Count told alerts in one statement, if each is known, fires, and tells of its present occurrence."""
    keys = bindparam("keys", type_=ARRAY(_ALERT.c.current.type))
    told = (
        func.unnest(
            keys,
            bindparam("starts", type_=ARRAY(_ALERT.c.starts_at.type)),
            bindparam("times", type_=ARRAY(_ALERT.c.count.type)),
        )
        .table_valued("key", "starts_at", "times")
        .render_derived(name="told")
    )
    present = or_(told.c.starts_at.is_(None), told.c.starts_at == _ALERT.c.starts_at)
    known = (
        select(
            _ALERT.c.id,
            told.c.key,
            told.c.times,
            Incident.number,
            and_(_ALERT.c.status == FIRING, present).label("repeats"),
        )
        .select_from(told)
        .join(_ALERT, _ALERT.c.current == told.c.key)
        .outerjoin(Incident, Incident.id == _ALERT.c.incident_id)
        .cte("known")
    )
    repeats = select(func.count()).select_from(known).where(known.c.repeats).scalar_subquery()
    counted = (
        update(_ALERT)
        .where(_ALERT.c.id == known.c.id, repeats == func.cardinality(keys))
        .values(count=_ALERT.c.count + known.c.times, last_at=bindparam("now"))
        .cte("counted")
    )
    return select(known.c.key, known.c.number).where(known.c.repeats).add_cte(counted)


_REPEAT = Prepared(_repeat())
_BRING = Prepared(
    update(_ALERT)
    .where(_ALERT.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}") for name in
             ("current", "status", "starts_at", "ended_at", "occurrences", "told", "told_at", "untold")})
)  # fmt: skip
SOURCE_MOST = 60
LONGEST = 2_000
"""Characters of one label or annotation that are kept."""
MOST_LABELS = 64


class Fresh(NamedTuple):
    """An alert that no row exists for yet, with the class it was given."""

    track: Track
    alert: Alert
    fault_class: str
    rule: Rule


def known(session: Session, keys: Iterable[str]) -> dict[str, Track]:
    """Return what is known of these alerts, in one query."""
    return {row[0]: Track(*row) for row in _KNOWN.rows(session, sorted(set(keys)))}


def count(session: Session, now: datetime, seen: Mapping[int, int]) -> None:
    """Count that alerts were told again, so and so often; all that were equally often in one statement."""
    for often in set(seen.values()):
        rows = sorted(i for i, n in seen.items() if n == often)
        _COUNT.run(session, rows, {"more": often, "now": now})


class Told(NamedTuple):
    """How often an alert was told again, and of an occurrence that began when; None when it does not say."""

    starts_at: datetime | None
    times: int


def repeat(connection: Connection, now: datetime, told: Mapping[str, Told]) -> dict[str, str | None] | None:
    """Count firing alerts that are told again, in one statement of PostgreSQL's; returns their incidents.

    None, and nothing is counted, when one of them is not known, is over or tells of another occurrence.
    """
    keys = sorted(told)
    starts, times = [told[key].starts_at for key in keys], [told[key].times for key in keys]
    values = {"keys": keys, "starts": starts, "times": times, "now": now}
    found = dict(_REPEAT.rows_by(connection, values))
    return found if len(found) == len(keys) else None


def bring(session: Session, tracks: Iterable[Track], *, past: bool = False) -> None:
    """Write what has become of alerts; `past` ones go on in another row."""
    rows = [
        {
            "row": track.id,
            "new_current": None if past else track.key,
            "new_status": track.status,
            "new_starts_at": track.starts_at,
            "new_ended_at": track.ended_at,
            "new_occurrences": track.occurrences,
            "new_told": track.told,
            "new_told_at": track.told_at,
            "new_untold": track.untold,
        }
        for track in tracks
    ]
    if rows:
        _BRING.run(session, *rows)


def insert(session: Session, now: datetime, fresh: Iterable[Fresh], seen: Mapping[str, int]) -> None:
    """Write the rows of alerts that are new."""
    rows = [_row(each, now, seen[each.track.key]) for each in fresh]
    insert_many(session, AlertRow, rows)


def _row(fresh: Fresh, now: datetime, times: int) -> dict[str, object]:
    track, alert = fresh.track, fresh.alert
    return {
        "current": track.key,
        "source": alert.source[:SOURCE_MOST],
        "fingerprint": identity(alert),
        "title": title_of(alert),
        "status": track.status,
        "severity": alert.severity and alert.severity[:40],
        "fault_class": fresh.fault_class,
        "rule": fresh.rule.name,
        "modules": list(alert.modules),
        "payers": list(alert.payers),
        "labels": kept(alert.labels),
        "annotations": kept(alert.annotations),
        "starts_at": track.starts_at,
        "ended_at": track.ended_at,
        "first_at": now,
        "last_at": now,
        "count": times,
        "occurrences": track.occurrences,
        "incident_id": track.incident_id,
        "told": track.told,
        "told_at": track.told_at,
        "untold": track.untold,
    }


def title_of(alert: Alert) -> str:
    """Return the alert's title as one line of at most 200 characters."""
    return " ".join(alert.title.split())[:200] or alert.name[:200]


def kept(words: Mapping[str, str]) -> dict[str, str]:
    """Return labels or annotations as they are kept: not endless."""
    return {name[:200]: value[:LONGEST] for name, value in list(words.items())[:MOST_LABELS]}


def is_firing(track: Track) -> bool:
    """Whether the alert fires now."""
    return track.status == FIRING
