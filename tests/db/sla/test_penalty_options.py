"""Both values of both options of the penalty, down to the ledger (contract.md §2.9, example 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sla.penalties import ledger, rules
from sla.penalties.integrity import balances
from tests.support.ledger import entries, penalties
from tests.support.world import World

SHIPPED = Path("sla/contracts/huaibei-2025.toml")


@pytest.fixture
def options(request: pytest.FixtureRequest) -> dict[str, str]:
    found: dict[str, str] = request.param
    return found


@pytest.fixture
def chosen(world: World, options: dict[str, str], tmp_path: Path, monkeypatch: Any) -> World:
    """A platform whose contract file chooses these options."""
    from sla import pinned

    text = SHIPPED.read_text(encoding="utf-8")
    for name, value in options.items():
        default = {"per": "incident", "base": "annual_fee"}[name]
        text = text.replace(f'penalty.{name} = "{default}"', f'penalty.{name} = "{value}"')
    path = tmp_path / "other.toml"
    path.write_text(text, encoding="utf-8")
    settings = world.platform.settings.model_copy(update={"contract": str(path)})
    monkeypatch.setattr(world.platform, "settings", settings)
    pinned.pin_at_start(world.platform)
    return world


@pytest.mark.parametrize(
    ("options", "amount"),
    [
        ({}, "2300.00"),
        ({"per": "clock"}, "4600.00"),
        ({"base": "affected_payers"}, "800.00"),
        ({"per": "clock", "base": "affected_payers"}, "1600.00"),
    ],
    indirect=["options"],
)
def test_both_clocks_missed_at_a_county_and_a_district(chosen: World, amount: str) -> None:
    number = chosen.report(payers=["suixi", "duji"])
    chosen.run_for(hours=5)
    charged = [e for e in entries(chosen, number) if e[0] == rules.PROPOSED]
    assert charged[-1] == ("proposed", amount)
    standing = [p for p in penalties(chosen, number) if p.state != rules.REVERSED]
    assert [f"{ledger.life_of(p).balance:.2f}" for p in standing] == [amount]
    with chosen.platform.db.read() as session:
        assert f"{sum(balances(session).values()):.2f}" == amount
