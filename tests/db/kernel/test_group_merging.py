"""Works that can be done together: one for all when they fit, each alone when not, errors to their own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.db.group import Mergeable
from kernel.db.numbering import Counter, next_number
from kernel.errors import Conflict
from tests.support.grouped import done_together


class Adding(Mergeable):
    """Adds one alone, or notes how many were done together."""

    merged: list[int]

    def __init__(self, merged: list[int], name: str = "a", *, fits: bool = True) -> None:
        self.merged, self.name, self.fits = merged, name, fits

    def __call__(self, session: Session) -> str:
        if self.name == "bad":
            raise Conflict("impossible")
        next_number(session, self.name)
        return f"{self.name} alone"

    @staticmethod
    def together(session: Session, works: Sequence[Adding]) -> list[str] | None:
        next_number(session, "together")
        if any(each.name == "bad" for each in works):
            raise Conflict("together is impossible")
        if not all(each.fits for each in works):
            return None
        works[0].merged.append(len(works))
        return [f"{each.name} together" for each in works]


def test_neighbours_of_one_class_are_done_together(database: Database) -> None:
    merged: list[int] = []
    assert done_together(database, *(Adding(merged) for _ in range(3))) == ["a together"] * 3
    assert merged == [3]


def test_what_does_not_fit_is_done_alone(database: Database) -> None:
    merged: list[int] = []
    found = done_together(database, Adding(merged), Adding(merged, "b", fits=False))
    assert (found, merged) == (["a alone", "b alone"], [])


def test_one_that_fails_harms_no_neighbour(database: Database) -> None:
    merged: list[int] = []
    first, bad, last = done_together(database, Adding(merged), Adding(merged, "bad"), Adding(merged, "c"))
    assert (first, last, merged) == ("a alone", "c alone", [])
    assert isinstance(bad, Conflict)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_works_of_different_people_are_not_mixed(database: Database) -> None:
    merged: list[int] = []
    found = done_together(database, Adding(merged), Adding(merged), Adding(merged), actors=["a", "b", "b"])
    assert (found, merged) == (["a alone", "a together", "a together"], [2])


class Stating(Mergeable):
    """Adds to a counter in one statement for all, which commits itself."""

    def __init__(self, words: str = "") -> None:
        self.words = words

    def __call__(self, session: Session) -> str:
        next_number(session, "long way")
        return "long way"

    @staticmethod
    def together(session: Session, works: Sequence[Stating]) -> None:
        return None

    @staticmethod
    def at_once(connection: Connection, works: Sequence[Stating]) -> list[str] | None:
        if works[0].words == "declines":
            return None
        more = {"more": len(works)}
        connection.execute(text(works[0].words or STATED), more)
        return ["at once"] * len(works)


STATED = """INSERT INTO counter (series, value) VALUES ('at once', :more)
ON CONFLICT (series) DO UPDATE SET value = counter.value + excluded.value"""


def counted(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.series: row.value for row in session.query(Counter)}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_batch_of_one_class_is_one_statement_that_commits_itself(database: Database) -> None:
    assert done_together(database, *(Stating() for _ in range(5))) == ["at once"] * 5
    assert counted(database) == {"at once": 5}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_where_a_transaction_costs_no_ways_nobody_asks_for_one_statement(database: Database) -> None:
    assert done_together(database, Stating(), Stating()) == ["long way"] * 2


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("words", ["declines", "SELECT 1 / 0", "SELECT nothing"])
def test_what_one_statement_cannot_do_goes_the_long_way(database: Database, words: str) -> None:
    assert done_together(database, Stating(words), Stating(words)) == ["long way"] * 2
    assert done_together(database, Stating()) == ["at once"]
    assert counted(database) == {"long way": 2, "at once": 1}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_lost_server_is_an_error_and_the_next_batch_connects_anew(database: Database) -> None:
    """What was under way may be committed: it is not done again."""
    gone = "SELECT pg_terminate_backend(pg_backend_pid())"
    found = done_together(database, Stating(gone), Stating(gone))
    assert [isinstance(each, DBAPIError) for each in found] == [True, True]
    assert done_together(database, Stating()) == ["at once"]
    assert counted(database) == {"at once": 1}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_an_idle_connection_that_the_server_has_closed_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.db.held.PAUSE", 0.0)
    assert done_together(database, Stating()) == ["at once"]
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    with database.write() as session:
        session.execute(text(f"{others} WHERE pid <> pg_backend_pid() AND datname = current_database()"))
    assert done_together(database, Stating()) == ["at once"]
