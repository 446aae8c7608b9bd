"""One regression must not silence every clock: what is not armed is found, armed and told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from incidents.watchdog import check_unarmed
from kernel.audit import AuditEntry
from kernel.outbox.models import Message
from sla.deadlines.models import ARMED, Deadline
from tests.support.world import World


def forget(world: World, clock: str) -> None:
    with world.platform.db.write() as session:
        session.execute(delete(Deadline).where(Deadline.clock == clock))


def armed(world: World, clock: str) -> int:
    with world.platform.db.read() as session:
        wanted = select(func.count()).where(Deadline.clock == clock, Deadline.state == ARMED)
        return session.scalar(wanted) or 0


def test_nothing_is_found_where_everything_is_armed(world: World) -> None:
    world.report()
    assert check_unarmed(world.platform) == 0


def test_a_forgotten_clock_is_armed_again(world: World) -> None:
    world.report()
    world.run_for(seconds=1)
    before = armed(world, "repair")
    forget(world, "repair")
    assert check_unarmed(world.platform) == 1
    assert armed(world, "repair") == before > 0
    assert check_unarmed(world.platform) == 0


def test_operations_are_told_once_an_hour_and_the_audit_knows(world: World) -> None:
    number = world.report()
    world.run_for(seconds=1)
    for _ in range(2):
        forget(world, "response")
        check_unarmed(world.platform)
    with world.platform.db.read() as session:
        told = session.scalars(select(Message.channel).where(Message.key.startswith("unarmed:"))).all()
        noted = session.scalar(select(func.count()).where(AuditEntry.action == "deadline.unarmed"))
    assert sorted(told) == ["email", "inapp"]
    assert noted == 2
    assert number


def test_what_the_engine_is_about_to_fire_and_arm_is_not_missed(world: World) -> None:
    """An audit between the due instant and the engine's next tick, which arms the next slot."""
    world.report(fault_class="system_major")
    world.run_for(minutes=90)
    assert check_unarmed(world.platform) == 0
    world.clock.advance(timedelta(seconds=30))
    assert check_unarmed(world.platform) == 0
    world.clock.advance(timedelta(seconds=31))
    assert check_unarmed(world.platform) == 1, "by now the engine should have acted"


def test_closed_incidents_need_no_deadlines(world: World) -> None:
    number = world.report()
    world.happen(number, "responded", text="已到场")
    world.happen(number, "restored", text="已修复")
    world.happen(number, "restoration_accepted", "wang")
    world.happen(number, "closed")
    forget(world, "broadcast")
    assert check_unarmed(world.platform) == 0
