"""The live feed: rows with a rising id that tell browsers which page to fetch again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import String, delete, event, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel import audit
from kernel.db import Base, Database, Id, UtcDateTime
from kernel.db.bulk import insert_many
from kernel.db.pending import pending, take
from kernel.platform import Platform

KEEP = timedelta(days=1)


class FeedRow(Base):
    """One change; says where to look, not what it says."""

    __tablename__ = "feed_item"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    type: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(String(200))


class FeedItem(NamedTuple):
    """What a browser gets."""

    id: int
    type: str
    url: str


def announce(session: Session, now: datetime, type_: str, url: str) -> None:
    """Tell open pages that what `url` shows has changed, when the transaction commits."""
    pending(session, "feed").append({"at": now, "type": type_, "url": url})


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Take the ids under the lock that writers commit under, so that none appears behind a reader."""
    rows = [] if session.in_nested_transaction() else take(session, "feed")
    if rows:
        audit.hold_head(session)
        insert_many(session, FeedRow, rows)


class DatabaseFeed:
    """Reads the feed for the stream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(
        self, last_id: int, topics: Iterable[str] | None = None, limit: int = 500
    ) -> Sequence[FeedItem]:
        """Return what came after `last_id`, oldest first."""
        wanted = select(FeedRow.id, FeedRow.type, FeedRow.url).where(FeedRow.id > last_id)
        if topics:
            wanted = wanted.where(FeedRow.type.in_(list(topics)))
        with self._database.read() as session:
            return [FeedItem(*row) for row in session.execute(wanted.order_by(FeedRow.id).limit(limit))]

    def last_id(self) -> int:
        """Return the newest id, 0 when there is none."""
        with self._database.read() as session:
            return session.scalar(select(func.max(FeedRow.id))) or 0


def prune(platform: Platform) -> int:
    """Drop what no browser will ask for again."""
    with platform.db.write("feed") as session:
        done = session.execute(delete(FeedRow).where(FeedRow.at < platform.clock.now() - KEEP))
        return int(done.rowcount)  # type: ignore[attr-defined]
