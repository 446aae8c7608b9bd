"""A penalty's evidence: recomputed without a database, and every change in it is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from sla.penalties.evidence import verify_penalty
from tests.support.ledger import at
from tests.support.web import Site

URL = "/api/v1/penalties/P2026-0001/evidence"
pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def evidence(site: Site) -> dict[str, Any]:
    """Examples 6 and 7: proposed on one verdict, confirmed, reversed on another."""
    world = site.world
    number = world.report()
    world.happen(number, "responded", text="到")
    world.run_until(at(world, 12))
    world.happen(number, "class_changed", fault_class="system_major")
    world.run_until(at(world, 16, 30))
    world.happen(number, "restored", text="好")
    world.decide("P2026-0001", "confirm", "wang")
    world.happen(number, "class_countersigned", "wang")
    found: dict[str, Any] = site.api("wang").get(URL).json()
    return found


def test_it_is_recomputed_alike(evidence: dict[str, Any]) -> None:
    assert verify_penalty(evidence) == []
    assert [line["type"] for line in evidence["lines"]] == ["proposed", "confirmed", "reversed"]
    penalties = [each["evidence"]["result"]["penalty"] for each in evidence["verdicts"]]
    assert penalties == ["2300.00", "2300.00", "0.00"]


TAMPERINGS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "第 2 条分录与链不符": lambda e: e["lines"][1].update(reason="改"),
    "第 1 条分录与链不符": lambda e: e["lines"].pop(0),
    "分录不能成立": lambda e: e["lines"][2].update(amount="-2300.01"),
    "缺少评判第": lambda e: e["verdicts"].pop(),
    "评判第": lambda e: e["verdicts"][0]["evidence"]["events"].pop(),
    "文件摘要不符": lambda e: e.update(clause="第一条"),
    "属于另一起故障": lambda e: e.update(incident="F1"),
    "不是完整的": lambda e: e.pop("lines"),
    "没有分录": lambda e: e.update(lines=[]),
}


@pytest.mark.parametrize("said", TAMPERINGS)
def test_a_change_is_named(evidence: dict[str, Any], said: str) -> None:
    changed = copy.deepcopy(evidence)
    TAMPERINGS[said](changed)
    assert any(said in problem for problem in verify_penalty(changed)), verify_penalty(changed)


def test_the_command_recomputes_the_downloaded_file(
    evidence: dict[str, Any], site: Site, tmp_path: Any
) -> None:
    from click.testing import CliRunner

    from sla.cli import verify

    path = tmp_path / "penalty.json"
    path.write_bytes(site.page("wang").get("/penalties/P2026-0001/evidence").content)
    assert json.loads(path.read_text()) == evidence
    ran = CliRunner().invoke(verify, [str(path)])
    assert (ran.exit_code, "复算一致" in ran.output) == (0, True)


def test_only_who_sees_the_penalty_gets_its_evidence(evidence: dict[str, Any], site: Site) -> None:
    assert evidence
    assert site.api("sun").get("/api/v1/penalties/P2026-0001/evidence").status_code == 404
    assert site.api("he").get("/api/v1/penalties/P2026-0001/evidence").status_code == 403
