"""Works that can be done together: one for all when they fit, each alone when not, errors to their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.db.group import Mergeable
from kernel.db.numbering import next_number
from kernel.errors import Conflict


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


def done(database: Database, *works: Any, actors: Sequence[str] | None = None) -> list[Any]:
    """Submit all while the writer is busy, so that they gather; return what each gave or raised."""
    go = threading.Event()
    database.group.submit("plug", lambda session: go.wait(20))
    names = actors or ["lin"] * len(works)
    futures = [database.group.submit(name, work) for name, work in zip(names, works, strict=True)]
    go.set()
    return [each.exception(20) or each.result(20) for each in futures]


def test_neighbours_of_one_class_are_done_together(database: Database) -> None:
    merged: list[int] = []
    assert done(database, *(Adding(merged) for _ in range(3))) == ["a together"] * 3
    assert merged == [3]


def test_what_does_not_fit_is_done_alone(database: Database) -> None:
    merged: list[int] = []
    found = done(database, Adding(merged), Adding(merged, "b", fits=False))
    assert (found, merged) == (["a alone", "b alone"], [])


def test_one_that_fails_harms_no_neighbour(database: Database) -> None:
    merged: list[int] = []
    first, bad, last = done(database, Adding(merged), Adding(merged, "bad"), Adding(merged, "c"))
    assert (first, last, merged) == ("a alone", "c alone", [])
    assert isinstance(bad, Conflict)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_works_of_different_people_are_not_mixed(database: Database) -> None:
    merged: list[int] = []
    found = done(database, Adding(merged), Adding(merged), Adding(merged), actors=["a", "b", "b"])
    assert (found, merged) == (["a alone", "a together", "a together"], [2])
