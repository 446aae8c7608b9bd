"""A world in which every kind of record has been written, through the services."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kernel.audit.seals import seal_yesterday
from kernel.disclosure.service import disclose
from oa.affairs.duty import service as duty
from oa.affairs.duty.rules import Span
from sla.amendments import service as amendments
from sla.frozen import service as frozen
from sla.report.periods import parse_period
from tests.support.dealing import final_penalty, issue, this_year, told
from tests.support.drills import Rig
from tests.support.probes import configure, results, trackers
from tests.support.reviews import closed, submit
from tests.support.stories import story
from tests.support.world import World
from tests.unit.sla.story import with_options

LATER = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)


@story
def eventful(world: World) -> World:
    """Let every kind of record be written, through the services."""
    platform = this_year(world).platform
    final_penalty(world)
    submit(world, closed(world))
    told(world, "zhou", "delivery_reported", "2026-03-03")
    wang = world.actor("wang")
    with platform.db.write("wang") as session:
        draft = with_options(limit_minutes="26").text.replace("2025", "2026")
        amendments.propose(platform, session, world.now, wang, draft, date(2026, 6, 1), "补充协议一")
    world.run_until(LATER)
    with platform.db.write("wang") as session:
        frozen.freeze(platform, session, world.now, "wang", parse_period("2026-03"))
        disclose(session, world.now, wang, "report", "2026-03", "a" * 64, 3, 1, purpose="存档")
    issue(world)
    with platform.db.write("zhou") as session:
        span = Span("primary", world.actor("lin").person_id or 0, world.now, world.now + timedelta(hours=8))
        duty.take_over(platform, session, world.now, "zhou", "override", span, "病假")
    rig = Rig(world, Path("unused"))
    rig.release("process_crash")
    rig.draft("process_crash", modules=["documents"])
    configure(world)
    results(world, trackers(world)[0], "+--++")
    world.clock.move_to(world.now + timedelta(days=1))
    seal_yesterday(platform)
    return world
