"""Short ways to put facts on record and to settle in a world."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sla import pinned
from sla.obligations import service as obligations
from sla.obligations.rules import Obligation
from sla.obligations.told import Told
from sla.settlement import service as settlement
from sla.settlement.queries import Position
from tests.support.stories import story
from tests.support.world import ZONE, World


def local(text: str, hour: int = 9) -> datetime:
    """Read 2026-03-31 as that morning."""
    day = date.fromisoformat(text)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


def told(world: World, who: str, kind: str, on: str | None = None, **fields: Any) -> Any:
    """Put a fact on record; returns its row."""
    day = date.fromisoformat(on) if on else None
    if "until" in fields:
        fields["until"] = date.fromisoformat(fields["until"])
    actor, platform = world.actor(who), world.platform
    with platform.db.write(who) as session:
        contract = pinned.in_force(platform)
        fact = Told(kind, day, **fields)
        return obligations.add_fact(platform, session, world.now, actor, contract, fact)


def calendar(world: World) -> dict[str, Obligation]:
    """Return the obligations by key."""
    with world.platform.db.read() as session:
        found = obligations.current(session, pinned.in_force(world.platform), world.now)
    return {each.key: each for each in found}


def position(world: World, half: int = 1, year: int = 2026) -> Position:
    """Return where a half-year stands."""
    with world.platform.db.read() as session:
        return settlement.current(session, pinned.in_force(world.platform), world.now).position(year, half)


def issue(world: World, half: int = 1, reason: str = "", who: str = "wang", **more: Any) -> Position:
    """Issue a statement of 2026."""
    actor, contract = world.actor(who), pinned.in_force(world.platform)
    with world.platform.db.write(who) as session:
        return settlement.issue(session, world.now, actor, contract, 2026, half, reason=reason, **more)


def this_year(world: World, **options: str) -> World:
    """Let the world's contract be one of 2026, the year of its clock: the same terms, a year later.

    `options` are other values for lines of its text, such as ``deduct_from="pro_rata"``.
    """
    from sla.contract_file import load_contract
    from sla.obligations.jobs import arm_at_start

    platform = world.platform
    path = platform.settings.data_dir / "huaibei-2026.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = load_contract("huaibei-2025").text.replace("2025", "2026")
    for name, value in options.items():
        text, found = re.subn(rf'^({re.escape(name)} = "?)\w+', rf"\g<1>{value}", text, flags=re.MULTILINE)
        assert found == 1, name
    path.write_text(text, encoding="utf-8")
    platform.settings = platform.settings.model_copy(update={"contract": str(path)})
    pinned.pin_at_start(platform)
    arm_at_start(platform)
    return world


@story
def final_penalty(world: World, *payers: str) -> str:
    """Let a fault cost a penalty that is confirmed and accepted; returns the incident's number."""
    from sla.penalties import service as penalties
    from tests.support.ledger import penalties as of_incident

    number = world.report(payers=list(payers) or ["city"])
    world.happen(number, "responded", at=world.now + timedelta(0), text="x")
    world.run_for(hours=4, seconds=1)
    world.happen(number, "restored", text="x")
    world.settle()
    penalty = of_incident(world, number)[-1].number
    for who, decision in (("wang", "confirm"), ("zhou", "accept")):
        with world.platform.db.write(who) as session:
            penalties.decide(world.platform, session, world.now, world.actor(who), penalty, decision)
    return number
