"""What was hashed when it was written can be hashed again from the rows alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from incidents.broadcasts.jobs import collect_receipts
from incidents.log import event_digest
from incidents.models import IncidentEvent
from kernel.audit import AuditEntry, verify
from kernel.outbox.jobs import deliver
from sla.deadlines.jobs import tick
from sla.penalties.ledger import entry_digest
from sla.penalties.models import Penalty, PenaltyEntry
from tests.support.world import INSTANT, World


def missed(world: World) -> str:
    number = world.report()
    world.run_for(hours=5)
    world.happen(
        number, "exclusion_claimed", claim="a", reason="customer", text="停电",
        **{"from": (world.now - timedelta(hours=5)).isoformat(), "to": world.now.isoformat()},
    )  # fmt: skip
    world.happen(number, "exclusion_approved", "wang", claim="a")
    world.happen(number, "responded", at=world.now, text="已到场")
    return number


def test_each_ledger_entry_links_to_the_one_before(world: World) -> None:
    missed(world)
    with world.platform.db.read() as session:
        previous = None
        entries = session.execute(
            select(PenaltyEntry, Penalty.number)
            .join(Penalty)
            .order_by(PenaltyEntry.penalty_id, PenaltyEntry.seq)
        ).all()
        assert entries
        for entry, number in entries:
            names = ("seq", "type", "amount", "verdict_version", "reason", "actor", "at", "instalment")
            content = {name: getattr(entry, name) for name in names}
            previous = entry_digest(previous if entry.seq > 1 else None, number, content)
            assert previous == entry.digest


def test_each_event_in_the_log_has_the_digest_that_the_audit_chain_keeps(world: World) -> None:
    number = missed(world)
    with world.platform.db.read() as session:
        events = session.scalars(select(IncidentEvent).order_by(IncidentEvent.seq)).all()
        for event in events:
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.subject == f"incident:{number}#{event.seq}")
            ).one()
            row = {c.name: getattr(event, c.name) for c in IncidentEvent.__table__.columns}
            assert json.loads(entry.detail)["digest"] == event_digest(row)


def test_workers_people_and_receipts_at_once_write_one_gapless_log(world: World) -> None:
    """Everything that appends to an incident takes its row first, so that no number is taken twice."""
    number = world.report(fault_class="system_major")
    world.settle()
    world.clock.move_to(world.now + timedelta(minutes=3) + INSTANT)
    work = [
        lambda: tick(world.platform),
        lambda: deliver(world.platform),
        lambda: collect_receipts(world.platform),
    ]
    work.append(lambda: world.happen(number, "note", text="在途"))
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            for done in [pool.submit(each) for each in work * 2]:
                done.result(60)
    world.settle()
    assert [e.seq for e in sorted(world.events(number), key=lambda e: e.seq)] == list(
        range(1, len(world.events(number)) + 1)
    )
    assert world.kinds(number).count("note") == 8
    assert world.kinds(number).count("broadcast_sent") == 1
    assert list(verify(world.platform.db)) == []
