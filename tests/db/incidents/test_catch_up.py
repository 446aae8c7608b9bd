"""After a long stop everything that is overdue fires once, though two threads share it on a server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from incidents.oncall.models import OncallPage
from kernel import audit
from sla.deadlines import FIRED, Deadline
from sla.deadlines.jobs import FIRST, tick
from sla.deadlines.models import ARMED
from tests.support.world import World


def test_many_deadlines_of_the_same_incidents_fire_together_without_a_failed_batch(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = [world.report() for _ in range(40)]
    world.clock.advance(timedelta(hours=9))
    assert tick(world.platform) > 3 * FIRST
    assert "failed" not in caplog.text
    with world.platform.db.read() as session:
        due = select(func.count()).where(Deadline.state == ARMED, Deadline.due_at < world.now)
        assert session.scalar(due) == 0
        fired = select(Deadline.subject_id, Deadline.clock, Deadline.rung, Deadline.generation)
        found = session.execute(fired.where(Deadline.state == FIRED)).all()
        assert len(found) == len(set(found))
        pages = session.execute(select(OncallPage.deadline_id, OncallPage.person_id)).all()
        assert len(pages) == len(set(pages)) > 0
    assert {world.case(number).response_state for number in numbers} == {"missed"}
    assert list(audit.verify(world.platform.db)) == []
