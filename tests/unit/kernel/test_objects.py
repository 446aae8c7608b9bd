"""Objects made of rows read like objects that a session has read."""

from __future__ import annotations

from sqlalchemy import inspect

from incidents.models import Incident
from kernel.db.objects import object_of


def test_an_object_of_a_row_reads_as_if_it_had_been_read_and_belongs_to_nobody() -> None:
    made = object_of(Incident, {"id": 7, "number": "F1", "modules": ["todo"]})
    assert (made.id, made.number, made.modules) == (7, "F1", ["todo"])
    assert made.restored_at is None
    assert inspect(made).session is None


def test_it_can_be_changed_without_changing_the_row_it_was_made_of() -> None:
    row = {"id": 7, "state": "open"}
    made = object_of(Incident, row)
    made.state = "closed"
    assert made.state == "closed"
    assert row == {"id": 7, "state": "open"}
