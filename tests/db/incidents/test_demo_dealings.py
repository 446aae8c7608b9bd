"""The demonstration's money and obligations: told by the cast, through the services, up to its own day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from incidents.demo import cast, dealings
from kernel.audit.attest import all_problems
from sla.contract_file import load_contract
from tests.conftest import build
from tests.support.dealing import calendar, position
from tests.support.world import World

HUAIBEI = load_contract("huaibei-2025")


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: Any) -> Any:
    platform = build(database_url, tmp_path, clock)
    cast.hire(platform, timedelta())
    yield World(platform, clock)
    platform.db.close()


def test_nothing_is_told_of_the_days_to_come() -> None:
    early = dealings.deeds(HUAIBEI, date(2025, 4, 1))
    assert early
    assert all(HUAIBEI.signed <= deed.on <= date(2025, 4, 1) for deed in early)
    assert [deed.on for deed in early] == sorted(deed.on for deed in early)
    assert dealings.deeds(HUAIBEI, date(2025, 1, 1)) == []


def test_the_stage_is_set_by_the_services(stage: World) -> None:
    dealings.record(stage.platform)
    found = calendar(stage)
    states = Counter(each.state for each in found.values())
    assert (states["late"], states["missed"]) == (2, 1)
    assert (found["delivery"].charge, found["payment:h1:suixi"].charge) == (23_000, 2_500)
    assert [found[f"answer:N2026-00{n}"].state for n in (1, 2)] == ["met", "due"]
    assert position(stage, 1, 2025).issued
    assert position(stage, 2, 2025).issued is None
    assert list(all_problems(stage.platform)) == []
