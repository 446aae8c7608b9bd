"""One statement of PostgreSQL's does what the query and the update do, or nothing at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from incidents.intake import service
from incidents.intake.rules import Alert
from tests.support.alerts import alert, receive, resolved, rows
from tests.support.world import START, World

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)

Requests = list[list[Alert]]
State = list[tuple[str, int, str, datetime]]


def state(world: World) -> State:
    return [(row.title, row.count, row.status, row.last_at) for row in rows(world)]


def long_way(world: World, requests: Requests) -> tuple[list[list[str]] | None, State]:
    """What `repeat` answers, and what would then be on record."""
    with world.platform.db.new_write() as session:
        found = service.repeat(session, world.now, requests)
        session.flush()
        wanted = session.query(service.AlertRow).order_by(service.AlertRow.id).populate_existing()
        left = [(row.title, row.count, row.status, row.last_at) for row in wanted]
        session.rollback()
    return found, left


def at_once(world: World, requests: Requests) -> tuple[list[list[str]] | None, State]:
    engine = world.platform.db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = service.repeat_at_once(connection, world.now, requests)
    return found, state(world)


@pytest.fixture
def known(world: World) -> World:
    """Two alerts of one incident, one of another, one that is over and one that opens nothing."""
    receive(world, alert("A", starts_at=START), alert("B", starts_at=START))
    receive(world, alert("C", starts_at=START, module="hotline"))
    receive(world, alert("D", starts_at=START, module="todo"))
    receive(world, resolved("D", starts_at=START, module="todo"))
    world.clock.advance(timedelta(minutes=1))
    return world


def test_requests_that_only_repeat_are_counted_each_time(known: World) -> None:
    requests = [[alert("A", starts_at=START), alert("B")], [alert("A", starts_at=START)], [alert("A")]]
    expected = long_way(known, requests)
    found, left = at_once(known, requests)
    assert (found, left) == expected
    assert found is not None
    assert [len(each) for each in found] == [1, 1, 1]
    assert [count for _, count, *_ in left] == [4, 2, 1, 2]


def test_an_empty_request_counts_nothing(known: World) -> None:
    before = state(known)
    assert at_once(known, [[]]) == ([[]], before)
    assert at_once(known, [[], [alert("A")]])[0] == long_way(known, [[], [alert("A")]])[0]


@pytest.mark.parametrize(
    "news",
    [
        alert("unknown", starts_at=START),
        resolved("A", starts_at=START),
        alert("A", starts_at=START + timedelta(seconds=30)),
        alert("D", starts_at=START, module="todo"),
        alert("A", starts_at=START + timedelta(days=1)),
    ],
    ids=["unknown", "resolved", "a new occurrence", "a replay of one that is over", "from the future"],
)
def test_one_that_is_news_leaves_all_uncounted(known: World, news: Alert) -> None:
    before = state(known)
    assert at_once(known, [[alert("B", starts_at=START)], [news]]) == (None, before)
    assert at_once(known, [[news, alert("B", starts_at=START)]]) == (None, before)


def test_whatever_comes_it_says_what_the_long_way_says(known: World) -> None:
    """Where it declines the long way may still find repeats; what it does is the same."""
    chance, done = Random(7), 0
    starts = [None, START, START, START, START + timedelta(seconds=1)]
    for _ in range(60):
        requests = [
            [
                chance.choice([alert, alert, alert, alert, resolved])(
                    chance.choice("AABBC") if chance.random() < 0.9 else "D",
                    starts_at=chance.choice(starts),
                )
                for _ in range(chance.randint(1, 3))
            ]
            for _ in range(chance.randint(1, 3))
        ]
        expected = long_way(known, requests)
        before = state(known)
        found = at_once(known, requests)
        assert found == (expected if found[0] is not None else (None, before))
        done += found[0] is not None
        assert (found[0] is None) == (expected[0] is None)
    assert 5 < done < 55
