"""Probes from a file, and the platform's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from incidents.monitoring import file, own, service
from incidents.monitoring.models import Probe
from incidents.monitoring.probes import base
from kernel.errors import ConfigError, Forbidden
from sla import pinned
from tests.support.probes import told
from tests.support.web import Serving, Site
from tests.support.world import World

ONE = """
[[probe]]
key = "portal"
name = "门户首页"
kind = "http"
module = "documents"
spec = { url = "https://oa.example.test/" }
"""


def load(world: World, path: Path, text: str) -> dict[str, Probe]:
    path.write_text(text, encoding="utf-8")
    world.platform.settings = world.platform.settings.model_copy(update={"probes": path})
    file.load(world.platform)
    with world.platform.db.read() as session:
        return {probe.key: probe for probe in session.scalars(select(Probe))}


def test_a_file_is_brought_in_at_every_start_and_changes_only_what_differs(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "probes.toml"
    assert load(world, path, ONE)["portal"].origin == "file"
    assert load(world, path, ONE)["portal"].version == 1
    assert load(world, path, ONE.replace("门户首页", "首页"))["portal"].version == 2
    two = load(world, path, ONE.replace("portal", "other"))
    assert (two["portal"].enabled, two["other"].enabled) == (0, 1)
    assert load(world, path, ONE)["portal"].enabled == 1


def test_what_a_file_keeps_no_page_changes(world: World, tmp_path: Path) -> None:
    load(world, tmp_path / "probes.toml", ONE)
    contract = pinned.in_force(world.platform)
    with pytest.raises(Forbidden), world.platform.db.write("he") as session:
        service.change(session, world.now, world.actor("he"), contract, "portal", told())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[probe]", "probes.toml"),
        ("probes = 1", "only"),
        ('[[probe]]\nkey = "x1"', "x1"),
        (ONE.replace("http", "telepathy"), "kind"),
        (ONE.replace("documents", "nowhere"), "module"),
        (ONE.replace("url", "uri"), "spec.uri"),
    ],
)
def test_a_wrong_file_stops_the_start_and_says_where(
    world: World, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        load(world, tmp_path / "probes.toml", text)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_platform_watches_itself_with_real_pages_a_real_database_and_a_real_login(world: World) -> None:
    serving = Serving(Site(world).app)
    world.platform.settings = world.platform.settings.model_copy(update={"base_url": serving.url})
    own.install(world.platform)
    own.install(world.platform)
    with world.platform.db.read() as session:
        probes = list(session.scalars(select(Probe).order_by(Probe.key)))
    found = {p.key: asyncio.run(service.test(world.platform, p, None)) for p in probes}
    serving.stop()
    assert sorted(found) == ["own-database", "own-host", "own-journey", "own-ready", "own-web"]
    wrong = {key: (r.words, r.detail) for key, r in found.items() if not r.ok}
    assert set(wrong) <= {"own-host", "own-ready"}, wrong
    assert (
        wrong.get("own-ready", (base.WRONG_STATUS,))[0] == base.WRONG_STATUS
    )  # no migrations in this database


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_journey_with_a_wrong_password_fails_at_the_login(world: World) -> None:
    serving = Serving(Site(world).app)
    world.platform.settings = world.platform.settings.model_copy(update={"base_url": serving.url})
    raw = told("walk", kind="journey", spec={"username": "lin", "password": "wrong"})
    with world.platform.db.write("he") as session:
        probe = service.create(session, world.now, world.actor("he"), pinned.in_force(world.platform), raw)
    result = asyncio.run(service.test(world.platform, probe, None))
    serving.stop()
    assert (result.ok, result.words, result.detail) == (False, base.LOGIN_FAILED, "HTTP 401")
