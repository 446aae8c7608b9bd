"""A rig with the tiny scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbooks import catalogue
from tests.support.drills import Rig, write_scenario
from tests.support.world import World


@pytest.fixture
def rig(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    write_scenario(content)
    return Rig(world, content)
