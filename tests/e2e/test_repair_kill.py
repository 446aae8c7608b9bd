"""kill -9 of the process that runs a repair: it is lost, nothing of it is left, and it is not begun again."""

from __future__ import annotations

from pathlib import Path

import pytest

from incidents.repairs import jobs, rules, running
from kernel.db.migrate import head
from playbooks.runner.reaper import carriers
from tests.support.process import wait_for
from tests.support.repairs import Workshop
from tests.support.world import World

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("kind", ["sqlite"], indirect=True)]


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Workshop:
    """A workshop on a database that other processes accept as up to date."""
    with world.platform.db.write_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{head()}')")
    return Workshop(world, tmp_path)


def test_a_killed_repair_is_lost_and_never_repeated(shop: Workshop) -> None:
    world = shop.world
    incident = world.report()
    number = shop.ask(incident, shop.target())
    shop.do("approve", number, "zhou", "")
    assert shop.look() == 1
    process, _at = jobs._started[number]
    log = running.folder_of(world.platform, number) / "repairs.log"
    wait_for(lambda: shop.run(number).state == rules.RUNNING, f"its beginning; see {log}")
    process.kill()
    process.wait()
    assert shop.look() == 0
    assert shop.run(number).state == rules.LOST
    assert carriers(lambda marker: marker.startswith(number)) == []
    left = shop.old()
    assert shop.look() == 0
    assert running.execute(world.platform, number)
    assert (shop.run(number).state, shop.old()) == (rules.LOST, left)
    assert [note["state"] for note in shop.notes(incident)] == ["asked", "approved", "lost"]
