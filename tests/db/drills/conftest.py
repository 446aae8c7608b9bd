"""A rig with the tiny scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from drills.conductor import lab
from playbooks import catalogue
from tests.support.drills import Rig, write_scenario
from tests.support.world import World


@pytest.fixture
def rig(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    monkeypatch.setattr(lab, "lab_folder", lambda _number: tmp_path / "lab")
    write_scenario(content)
    return Rig(world, content)
