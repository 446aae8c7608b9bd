"""The app polices itself: every route names a permission, every job is measured, every reference resolves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount

import app
from kernel.edge.access import public, require
from kernel.manifest import Catalogue, resolve
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return app.catalogue()


def routes(container: Any, prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    """Yield every route, also those of included routers and mounted applications."""
    for route in container.routes:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route
        elif isinstance(route, Mount) and not route.path.startswith("/static"):
            yield from routes(route, prefix + route.path)
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router, prefix)


def guards(dependant: Any) -> Iterator[Any]:
    """Yield every `require` and `public` among the dependencies, at any depth."""
    for each in dependant.dependencies:
        if isinstance(each.call, require) or each.call is public:
            yield each.call
        yield from guards(each)


@SQLITE
def test_every_route_names_a_permission_that_exists(world: World) -> None:
    from kernel.edge.application import build_app

    found = dict(routes(build_app(world.platform)))
    assert len(found) > 10
    known = world.platform.catalogue.permissions
    for path, route in found.items():
        held = list(guards(route.dependant))
        assert held, f"{path} names no permission"
        for guard in held:
            assert guard is public or guard.permission in known, f"{path}: unknown permission"


@SQLITE
def test_no_two_routes_have_the_same_path_and_method(world: World) -> None:
    from kernel.edge.application import build_app

    seen = [(path, m) for path, route in routes(build_app(world.platform)) for m in route.methods or ()]
    assert [each for each in seen if seen.count(each) > 1] == []


def test_every_reference_in_the_manifests_leads_to_something(catalogue: Catalogue) -> None:
    for manifest in catalogue.manifests:
        names = [*manifest.routers, *manifest.gauges, manifest.on_start, manifest.on_init, manifest.demo]
        names += [manifest.observed, *(steps for _key, _label, steps in manifest.journeys)]
        names += [j.run for j in manifest.jobs]
        names += [n for _, n in (*manifest.deadlines, *manifest.subscribers, *manifest.commands)]
        for name in filter(None, names):
            assert resolve(name) is not None, name


def test_every_command_exists_and_has_words_of_help() -> None:
    assert set(app.HELP) == set(app.COMMANDS)
    for name in app.COMMANDS.values():
        assert resolve(name).help


def test_jobs_have_unique_names_that_say_whose_they_are(catalogue: Catalogue) -> None:
    names = [job.name for manifest in catalogue.manifests for job in manifest.jobs]
    assert len(names) == len(set(names))
    assert all("." in name for name in names)


@SQLITE
def test_every_job_runs_on_an_empty_platform_and_is_measured_by_its_name(world: World) -> None:
    from kernel.jobs.worker import Worker

    worker = Worker(world.platform)
    jobs = [job for manifest in world.platform.catalogue.manifests for job in manifest.jobs]
    for job in jobs:
        worker._due[job.name] = 0.0
        worker._run(job, job.every)
    text = world.platform.metrics.render().decode()
    for job in jobs:
        assert f'shoushi_job_runs_total{{job="{job.name}",outcome="ok"}} 1.0' in text


def test_navigation_and_roles_use_permissions_that_exist(catalogue: Catalogue) -> None:
    for manifest in catalogue.manifests:
        for item in manifest.nav:
            assert item.permission in catalogue.permissions, item.href


def test_every_permission_is_held_by_some_role(catalogue: Catalogue) -> None:
    assert [p.key for p in catalogue.permissions.values() if not p.roles] == []


def test_at_most_five_places_are_in_the_phones_bottom_bar(catalogue: Catalogue) -> None:
    assert sum(item.phone for manifest in catalogue.manifests for item in manifest.nav) <= 5
