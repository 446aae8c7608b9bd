"""Another city needs another file and nothing else: the invented Yunshan differs from Huaibei everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kernel.audit.attest import all_problems
from sla.contract import OPTIONS
from sla.contract_file import load_contract
from tests.conftest import build
from tests.support.ledger import entries
from tests.support.world import ZONE, World

HUAIBEI, YUNSHAN = load_contract("huaibei-2025"), load_contract("yunshan-2026")
NINE = datetime(2026, 3, 3, 9, 0, tzinfo=ZONE)


@pytest.fixture
def yunshan(platform_url: str, tmp_path: Path, clock: Any) -> Iterator[World]:
    made = build(platform_url, tmp_path, clock, SHOUSHI_CONTRACT="yunshan-2026")
    yield World(made, clock)
    made.db.close()


def fault(world: World, fault_class: str, payers: list[str], **more: Any) -> str:
    return world.report(fault_class=fault_class, modules=["meetings"], payers=payers, **more)


def test_the_two_contracts_share_no_value_that_code_could_rely_on() -> None:
    alike = {"parties", "clauses", "readings", "modules"}
    for field in fields(HUAIBEI):
        if field.name not in alike:
            assert getattr(HUAIBEI, field.name) != getattr(YUNSHAN, field.name), field.name
    for option in OPTIONS:
        assert HUAIBEI.options.value(option) != YUNSHAN.options.value(option), option
    for names in ("fault_classes", "payers"):
        assert not set(getattr(HUAIBEI, names)) & set(getattr(YUNSHAN, names))
    assert [c.article for c in HUAIBEI.clauses.values()] != [c.article for c in YUNSHAN.clauses.values()]


def test_limits_and_ladder_are_those_of_the_file(yunshan: World) -> None:
    number = fault(yunshan, "ordinary", ["bureau"])
    case = yunshan.case(number)
    assert case.response_due_at - case.started_at == timedelta(minutes=15)
    repair = [d.due_at - case.started_at for d in yunshan.deadlines(number) if d.clock == "repair"]
    assert max(repair) == timedelta(hours=8)


def test_the_clock_starts_when_the_fault_occurred(yunshan: World) -> None:
    number = fault(yunshan, "ordinary", ["bureau"], occurred_at=yunshan.now - timedelta(minutes=20))
    yunshan.settle()
    assert yunshan.case(number).response_state == "missed"


def test_each_missed_clock_costs_a_share_of_the_touched_payers_only(yunshan: World) -> None:
    """0.2 % of 400,000 for the response and again for the repair."""
    number = fault(yunshan, "ordinary", ["hightech"])
    yunshan.run_for(hours=9)
    assert yunshan.case(number).penalty == Decimal("1600.00")
    assert sum(Decimal(amount) for _, amount in entries(yunshan, number)) == Decimal("1600.00")


def test_a_core_fault_is_broadcast_every_twenty_minutes(yunshan: World) -> None:
    number = fault(yunshan, "core", ["bureau"])
    yunshan.happen(number, "responded", text="已到场")
    yunshan.run_for(minutes=50)
    assert [b.due_at - yunshan.case(number).started_at for b in yunshan.broadcasts(number)][:3] == [
        timedelta(0), timedelta(minutes=20), timedelta(minutes=40),
    ]  # fmt: skip


def test_a_device_owes_backup_after_a_day(yunshan: World) -> None:
    number = fault(yunshan, "device", ["bureau"])
    yunshan.happen(number, "responded", text="已到场")
    yunshan.run_for(hours=24, seconds=1)
    assert yunshan.case(number).backup_state == "open"


def test_what_was_judged_is_attested_as_ever(yunshan: World) -> None:
    fault(yunshan, "core", ["bureau", "hightech"])
    yunshan.run_for(hours=3)
    assert list(all_problems(yunshan.platform)) == []
