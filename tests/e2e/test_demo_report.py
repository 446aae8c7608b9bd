"""The demonstration month, played through the engine: its report leads from every figure to its list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.reports import figures_and_lists
from tests.support.web import Site
from tests.support.world import ZONE, World


@pytest.fixture
def demo(tmp_path: Path) -> Site:
    import app
    from incidents.demo import prepare
    from kernel.bootstrap import build_platform, ready
    from kernel.clock import SYSTEM
    from kernel.db.migrate import upgrade
    from kernel.settings import load_settings

    platform = build_platform(load_settings({}, data_dir=tmp_path), app.catalogue(), ZONE, SYSTEM)
    upgrade(platform.db)
    prepare(ready(platform), fresh=True, scripted=True)
    return Site(World(platform, SYSTEM))  # type: ignore[arg-type]


@pytest.mark.slow
def test_every_figure_of_the_month_leads_to_a_list_of_as_many(demo: Site) -> None:
    last = demo.world.now.astimezone(ZONE).date()
    query = f"from={last - timedelta(days=30)}&to={last}"
    figures = demo.api("supervisor").get(f"/api/v1/reports/sla?{query}").json()
    found = figures_and_lists(demo, "supervisor", figures)
    assert [(cell, count) for cell, count in found if cell.value != count] == []
    assert figures["incidents"] > 40
    assert len(found) > 40
    demo.world.platform.db.close()
