"""A rig with the tiny scenario, and the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from drills.conductor import lab
from playbooks import catalogue
from tests.support.drills import Rig, write_scenario
from tests.support.web import Site
from tests.support.world import World


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def rig(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    monkeypatch.setattr(lab, "lab_folder", lambda _number: tmp_path / "lab")
    write_scenario(content)
    return Rig(world, content)


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)
