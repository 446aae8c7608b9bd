"""The live feed: rising ids that a reader can follow without missing any."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel import feed
from kernel.feed import DatabaseFeed
from tests.support.world import World


def announce(world: World, url: str, type_: str = "incident") -> None:
    with world.platform.db.write() as session:
        feed.announce(session, world.now, type_, url)


def test_a_reader_gets_what_came_after_the_last_it_saw(world: World) -> None:
    reader = DatabaseFeed(world.platform.db)
    for n in range(3):
        announce(world, f"/{n}")
    first = reader.after(0)
    assert [item.url for item in first] == ["/0", "/1", "/2"]
    assert [item.url for item in reader.after(first[1].id)] == ["/2"]
    assert reader.last_id() == first[-1].id


def test_a_reader_may_ask_for_topics_only(world: World) -> None:
    announce(world, "/a", "incident")
    announce(world, "/b", "message")
    assert [item.url for item in DatabaseFeed(world.platform.db).after(0, ["message"])] == ["/b"]


def test_what_is_undone_is_not_announced(world: World) -> None:
    with world.platform.db.new_write() as session:
        feed.announce(session, world.now, "incident", "/undone")
        session.connection()
        session.rollback()
        feed.announce(session, world.now, "incident", "/kept")
        session.commit()
    assert [item.url for item in DatabaseFeed(world.platform.db).after(0)] == ["/kept"]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_slow_transaction_does_not_slip_in_behind_a_reader(world: World) -> None:
    reader = DatabaseFeed(world.platform.db)
    with world.platform.db.new_write() as slow:
        feed.announce(slow, world.now, "incident", "/slow")
        slow.flush()
        announce(world, "/quick")
        seen = reader.after(0)
        slow.commit()
    assert [item.url for item in seen] == ["/quick"]
    assert [item.url for item in reader.after(seen[-1].id)] == ["/slow"]


def test_old_items_are_dropped(world: World) -> None:
    announce(world, "/old")
    world.clock.advance(timedelta(days=1, seconds=1))
    announce(world, "/new")
    assert feed.prune(world.platform) == 1
    assert [item.url for item in DatabaseFeed(world.platform.db).after(0)] == ["/new"]
