"""Every page under another city's contract: nothing of Huaibei is left in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import build
from tests.support.web import Site
from tests.support.world import World
from tests.web.app.test_pages import plain_paths

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
HUAIBEI = re.compile("淮北|濉溪|相山区|杜集区|烈山区|AHHBA|第[一二三四五六七八九十]+条|2,300[.,]0")
"""Its names, number, articles and amounts."""


@pytest.fixture
def yunshan(platform_url: str, tmp_path: Path, clock: Any) -> Iterator[Site]:
    made = build(platform_url, tmp_path, clock, SHOUSHI_CONTRACT="yunshan-2026")
    yield Site(World(made, clock))
    made.db.close()


@pytest.mark.parametrize("who", ["lin", "zhou", "wang", "auditor"])
def test_pages_speak_of_the_contract_in_force_only(yunshan: Site, who: str) -> None:
    world = yunshan.world
    number = world.report(fault_class="core", modules=["meetings"], payers=["bureau", "hightech"])
    world.run_for(hours=3)
    browser = yunshan.page(who)
    for path in (
        *plain_paths(yunshan),
        f"/incidents/{number}",
        "/settlements/2026/3",
        "/penalties/P2026-0001",
    ):
        answer = browser.get(path)
        assert answer.status_code in (200, 403), path
        if answer.status_code == 200:
            assert HUAIBEI.findall(answer.text) == [], path
