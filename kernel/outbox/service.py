"""Enqueue messages, claim them for delivery, note what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from kernel import audit
from kernel.crypto import sm3_hex
from kernel.db import table_of
from kernel.db.bulk import insert_many
from kernel.db.lookout import Lookout
from kernel.db.objects import object_of
from kernel.db.once import insert_once
from kernel.db.prepared import Listed, Prepared
from kernel.outbox.models import DEAD, QUEUED, SENT, Message, MessageFile, OutboxFile

BACKOFF = tuple(timedelta(seconds=s) for s in (5, 10, 20, 40, 60, 120, 300))
MAX_ATTEMPTS = 300
"""About a day of them."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to go with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """What to say to whom. `key` makes it say it once."""

    key: str
    ref: str
    channel: str
    address: str
    title: str
    body: str
    person_id: int | None = None
    url: str | None = None
    attachments: tuple[Attachment, ...] = ()


_KNOWN = Listed(lambda keys: select(Message.key).where(Message.key.in_(keys)), table_of(Message).c.key.type)


def enqueue(session: Session, now: datetime, drafts: Sequence[Draft], *, fresh: bool = False) -> int:
    """Write the messages into the transaction, except those whose key exists; returns how many are new.

    `fresh` says that no key can exist yet, because what they are about has just been made.
    """
    if not drafts:
        return 0
    known = set() if fresh else {row[0] for row in _KNOWN.rows(session, [d.key for d in drafts])}
    rows = {d.key: _row(d, now) for d in drafts if d.key not in known}
    if rows:
        insert_many(session, Message, list(rows.values()))
        _attach(session, [d for d in drafts if d.key in rows and d.attachments])
    return len(rows)


def _attach(session: Session, drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    wanted = select(Message.key, Message.id).where(Message.key.in_([d.key for d in drafts]))
    ids = dict(session.execute(wanted).tuples().all())
    digests: dict[Attachment, str] = {}
    for file in dict.fromkeys(file for draft in drafts for file in draft.attachments):
        digests[file] = sm3_hex(file.content)
        row = {"digest": digests[file], "media_type": file.media_type, "content": file.content}
        if session.get(OutboxFile, digests[file]) is None:
            insert_once(session, OutboxFile, row)
    rows = [
        {"message_id": ids[draft.key], "place": place, "name": file.name, "digest": digests[file]}
        for draft in drafts
        for place, file in enumerate(draft.attachments)
    ]
    insert_many(session, MessageFile, rows)


def _row(draft: Draft, now: datetime) -> dict[str, Any]:
    at_once = draft.channel == "inapp"
    return {
        "key": draft.key,
        "ref": draft.ref,
        "channel": draft.channel,
        "person_id": draft.person_id,
        "address": draft.address,
        "title": draft.title[:200],
        "body": draft.body,
        "url": draft.url,
        "message_id": f"<{sm3_hex(draft.key.encode())[:32]}@shoushi>",
        "state": SENT if at_once else QUEUED,
        "attempts": 0,
        "next_at": now,
        "created_at": now,
        "sent_at": now if at_once else None,
        "answer": None,
        "opened_at": None,
        "arrived_at": None,
    }


def due_channels(session: Session, now: datetime) -> list[str]:
    """Name the channels by which a message waits to be delivered."""
    wanted = select(Message.channel).where(Message.state == QUEUED, Message.next_at <= now).distinct()
    return list(session.scalars(wanted.order_by(Message.channel)))


_ANY_DUE = Prepared(
    select(Message.id)
    .where(Message.state == QUEUED, Message.channel == bindparam("channel"))
    .where(Message.next_at <= bindparam("now"))
    .order_by(Message.next_at, Message.id)
    .limit(1)
)


def is_due(lookout: Lookout, now: datetime, channel: str) -> bool:
    """Whether any message waits to be delivered by this channel; asked for each of them at every turn."""
    return bool(lookout.rows(_ANY_DUE, {"channel": channel, "now": now}))


def claim(session: Session, now: datetime, lease: timedelta, channel: str, limit: int = 50) -> list[Message]:
    """Take due messages for `lease`; if we die meanwhile, they come due again with the same Message-ID."""
    due = _DUE.rows(session, {"channel": channel, "now": now, "limit": limit})
    if not due:
        return []
    found = {row[0]: dict(zip(_COLUMNS, row, strict=True)) for row in due}
    _TAKE.run(session, list(found), {"until": now + lease})
    files = _files(session, list(found))
    for key, row in found.items():
        row |= {"attempts": row["attempts"] + 1, "next_at": now + lease, "attachments": files.get(key, [])}
    return [object_of(Message, row) for row in found.values()]


def _files(session: Session, ids: Sequence[int]) -> dict[int, list[MessageFile]]:
    """Return what is attached, by message; hardly any has something."""
    some = sorted({row[0] for row in _ATTACHED.rows(session, ids)})
    wanted = select(MessageFile).where(MessageFile.message_id.in_(some)).options(joinedload(MessageFile.file))
    found: dict[int, list[MessageFile]] = {}
    if some:
        for file in session.scalars(wanted.order_by(MessageFile.message_id, MessageFile.place)):
            found.setdefault(file.message_id, []).append(file)
    return found


_MESSAGE = table_of(Message)
_COLUMNS = [column.name for column in _MESSAGE.columns]
_DUE = Prepared(
    select(*_MESSAGE.columns)
    .where(_MESSAGE.c.state == QUEUED, _MESSAGE.c.channel == bindparam("channel"))
    .where(_MESSAGE.c.next_at <= bindparam("now"))
    .order_by(_MESSAGE.c.next_at, _MESSAGE.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True),
    gathered=True,
)
_TAKE = Listed(
    lambda ids: (
        update(_MESSAGE)
        .where(_MESSAGE.c.id.in_(ids))
        .values(attempts=_MESSAGE.c.attempts + 1, next_at=bindparam("until"))
    ),
    _MESSAGE.c.id.type,
)
_ATTACHED = Listed(
    lambda ids: select(MessageFile.message_id).where(MessageFile.message_id.in_(ids)),
    table_of(MessageFile).c.message_id.type,
)
_SENT = Prepared(
    update(_MESSAGE)
    .where(_MESSAGE.c.id == bindparam("message"), _MESSAGE.c.state == QUEUED)
    .values(state=SENT, sent_at=bindparam("at"), answer=bindparam("said"))
)


def note_sent(session: Session, accepted: Iterable[tuple[datetime, Message, str]]) -> None:
    """The channel has accepted these messages: when, which, and what it answered."""
    _SENT.run(session, *({"message": m.id, "at": at, "said": answer[:300]} for at, m, answer in accepted))


def note_failed(session: Session, now: datetime, message: Message, answer: str, *, permanent: bool) -> bool:
    """The channel has refused or failed: try again later with growing pauses, or give up; whether it did."""
    given_up = permanent or message.attempts >= MAX_ATTEMPTS
    pause = BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
    done = session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == QUEUED)
        .values(state=DEAD if given_up else QUEUED, next_at=now + pause, answer=answer[:300])
    )
    dead = given_up and bool(done.rowcount)  # type: ignore[attr-defined]
    if dead:
        detail = {"channel": message.channel, "ref": message.ref, "answer": answer[:300]}
        audit.record(session, now, "message.dead", f"message:{message.id}", detail)
    return dead


def retry(session: Session, now: datetime, message_id: int) -> bool:
    """Put a dead message back into the queue, for another day of attempts; False when it isn't dead."""
    done = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state == DEAD)
        .values(state=QUEUED, next_at=now, attempts=0)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def mark_opened(session: Session, now: datetime, person_id: int, ref: str) -> int:
    """Note that the person has opened what `ref` is about (a receipt)."""
    done = session.execute(
        update(Message)
        .where(Message.person_id == person_id, Message.ref == ref, Message.opened_at.is_(None))
        .values(opened_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def mark_read(session: Session, now: datetime, person_id: int) -> int:
    """Mark a person's in-app messages as read, except broadcasts, which count as received when opened."""
    done = session.execute(
        update(Message)
        .where(Message.person_id == person_id, Message.channel == "inapp", Message.opened_at.is_(None))
        .where(~Message.ref.startswith("broadcast:"))
        .values(opened_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def unread(session: Session, person_id: int, limit: int = 50) -> list[Message]:
    """Return the newest in-app messages that the person has not opened."""
    wanted = select(Message).where(
        Message.person_id == person_id, Message.channel == "inapp", Message.opened_at.is_(None)
    )
    return list(session.scalars(wanted.order_by(Message.id.desc()).limit(limit)))


def depth(session: Session) -> dict[str, int]:
    """Count the messages that are not yet delivered, by state."""
    rows = session.execute(
        select(Message.state, func.count())
        .where(or_(Message.state == QUEUED, Message.state == DEAD))
        .group_by(Message.state)
    )
    return dict(rows.tuples().all())
