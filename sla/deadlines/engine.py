"""Fire what is due: the claim, the state change it causes and its messages are one transaction.

A deadline fires at the first instant *after* its due time, because an event at the due time still meets it
(contract.md §2.3). Handlers get whole batches. When one fails, the batch is undone and its rows are tried
one by one, so that a poisoned row delays nobody else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from kernel.db import table_of
from kernel.db.prepared import Listed, Prepared
from kernel.manifest import resolve
from kernel.platform import Platform
from sla.deadlines.models import ARMED, FIRED, OUTSIDE, BlindTime, Deadline

log = logging.getLogger(__name__)
BATCH = 500
RETRY_AFTER = timedelta(seconds=10)
RETRY_AT_LEAST_EVERY = timedelta(minutes=10)

Handler = Callable[[Platform, Session, Sequence[Any], datetime], None]
"""`(platform, session, due rows, now)`: acts on deadlines of one subject, inside the claim's transaction."""


class Due(NamedTuple):
    """A deadline that is due."""

    id: int
    subject: str
    subject_id: int
    clock: str
    rung: str
    due_at: datetime
    failures: int


_TABLE = table_of(Deadline)
_COLUMNS = [_TABLE.c[name] for name in Due._fields]


def _due(*columns: Any) -> Select[Any]:
    wanted = select(*columns).where(_TABLE.c.state == ARMED, _TABLE.c.wake_at < bindparam("now"))
    return wanted.order_by(_TABLE.c.wake_at, _TABLE.c.id)


def _claiming(found: Select[Any]) -> Prepared:
    """Fire these, except what another worker has in hand, and return them: one step to the server.

    The rows are found, and locked, in a CTE, which is asked once; a sub-query may be asked again for each
    row, and its limit with it. Asking for their state again would make SQLite read all rows that are armed.
    """
    taken = found.with_for_update(skip_locked=True).cte("due")
    change = update(_TABLE).where(_TABLE.c.id.in_(select(taken.c.id)))
    fired = change.values(state=FIRED, noticed_at=bindparam("now"), unobserved=0)
    return Prepared(fired.returning(*_COLUMNS))


ANY_DUE = Prepared(_due(_TABLE.c.id).limit(1))
"""The idle tick's question."""
_DUE = Prepared(_due(*_COLUMNS).limit(bindparam("limit")), gathered=True)
_CLAIM = _claiming(_due(_TABLE.c.id).limit(bindparam("limit")))
_CLAIM_ONE = _claiming(select(_TABLE.c.id).where(_TABLE.c.id == bindparam("row"), _TABLE.c.state == ARMED))
_BLIND = Prepared(
    select(BlindTime.from_at, BlindTime.to_at).where(
        BlindTime.to_at >= bindparam("since"), BlindTime.reason != OUTSIDE
    )
)
_UNOBSERVED = Listed(
    lambda rows: update(_TABLE).where(_TABLE.c.id.in_(rows)).values(unobserved=1), _TABLE.c.id.type
)
_HOLD = (
    update(Deadline)
    .where(Deadline.id == bindparam("row"))
    .values(wake_at=bindparam("wake"), failures=Deadline.failures + 1)
)


def fire(platform: Platform, limit: int = BATCH) -> int:
    """Fire everything due, batch after batch; returns how many fired."""
    total = 0
    while fired := fire_batch(platform, limit):
        total += fired
    return total


def fire_batch(platform: Platform, limit: int = BATCH) -> int:
    """Fire what is due, at most `limit` rows; returns how many fired."""
    if not platform.db.lookout.sees(ANY_DUE, platform.clock.now()):
        return 0
    handlers = {subject: resolve(h) for m in platform.catalogue.manifests for subject, h in m.deadlines}
    try:
        return _fire_together(platform, handlers, limit)
    except Exception:
        log.exception("a batch of deadlines failed; trying its rows one by one")
        return _fire_singly(platform, handlers, limit)


def due_now(platform: Platform, limit: int) -> Sequence[Due]:
    """Return what is due, without claiming it."""
    with platform.db.read() as session:
        rows = _DUE.rows(session, {"now": platform.clock.now(), "limit": limit})
    return [Due(*row) for row in rows]


def claim(session: Session, now: datetime, limit: int) -> list[Due]:
    """Fire what is due, at most `limit` rows, in the caller's transaction; what follows from it is his."""
    return [Due(*row) for row in _CLAIM.rows(session, {"now": now, "limit": limit})]


def _fire_together(platform: Platform, handlers: dict[str, Handler], limit: int) -> int:
    with platform.db.write("engine") as session:
        now = platform.clock.now()
        rows = claim(session, now, limit)
        _act(platform, session, handlers, rows, now)
    _observe(platform, rows, now)
    return len(rows)


def _fire_singly(platform: Platform, handlers: dict[str, Handler], limit: int) -> int:
    fired = 0
    for row in due_now(platform, limit):
        now = platform.clock.now()
        try:
            with platform.db.write("engine") as session:
                if not _CLAIM_ONE.rows(session, {"row": row.id, "now": now}):
                    continue
                _act(platform, session, handlers, [row], now)
            fired += 1
            _observe(platform, [row], now)
        except Exception:
            log.exception("deadline %s of %s %s failed", row.id, row.subject, row.subject_id)
            _hold(platform, row, now)
    return fired


def _hold(platform: Platform, row: Any, now: datetime) -> None:
    """Let the row wait before its next attempt, longer each time."""
    pause = min(RETRY_AFTER * 2**row.failures, RETRY_AT_LEAST_EVERY) * platform.clock.speed
    with platform.db.write("engine") as session:
        session.execute(_HOLD, {"row": row.id, "wake": now + pause})


def _act(
    platform: Platform, session: Session, handlers: dict[str, Handler], rows: Sequence[Any], now: datetime
) -> None:
    if not rows:
        return
    blind = _BLIND.rows(session, {"since": min(row.due_at for row in rows)})
    unseen = [row.id for row in rows if any(start <= row.due_at <= end for start, end in blind)]
    _UNOBSERVED.run(session, unseen, {})
    ordered = sorted(rows, key=lambda r: (r.subject, r.due_at, r.id))
    for subject, group in groupby(ordered, key=lambda r: r.subject):
        handlers[subject](platform, session, list(group), now)


def _observe(platform: Platform, rows: Sequence[Any], now: datetime) -> None:
    for clock, number in Counter(row.clock for row in rows).items():
        platform.metrics.fired.labels(clock).inc(number)
    for row in rows:
        platform.metrics.lag.observe(max(0.0, (now - row.due_at).total_seconds()))
