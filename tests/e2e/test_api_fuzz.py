"""schemathesis throws what the OpenAPI document allows, and what it doesn't, at every call of the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup as CheckFailed
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from incidents.claims import service as claims
from tests.support.web import MAJOR, Site
from tests.support.world import World

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NUMBER = "F20260303-0001"
REAL: dict[str, dict[str, Any]] = {
    "/penalties/": {"number": "P2026-0001"},
    "/claims/": {"number": "C2026-0001"},
    "/settlements/": {"year": 2025, "half": 1},
    "/frozen/": {"period": "2026-03", "version": 1},
}
"""What is there to be found, so that the calls get beyond their 404."""
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One application for all calls, with an incident, broadcasts and a penalty."""
    from kernel.clock import FixedClock
    from tests.conftest import _fill_with_cast, build
    from tests.support.world import START

    folder: Path = tmp_path_factory.mktemp("fuzz")
    shelf = request.getfixturevalue("sqlite_shelf" if request.param == "sqlite" else "postgres_shelf")
    url, clock = shelf.new("cast", _fill_with_cast, folder), FixedClock(START)
    world = World(build(url, folder, clock), clock)
    assert world.report(**MAJOR) == NUMBER
    world.run_for(hours=9)
    assert world.case(NUMBER).penalty
    with world.platform.db.write("zhou") as session:
        asked = claims.Asked("customer", START, START + timedelta(hours=1), "等甲方开门")
        claims.claim(world.platform, session, world.now, world.actor("zhou"), asked)
    yield Site(world)
    world.platform.db.close()
    shelf.drop(url)


@pytest.fixture(scope="module")
def api(site: Site) -> Any:
    loaded = schemathesis.openapi.from_asgi("/api/openapi.json", site.app)
    return loaded.exclude(path="/api/v1/stream")


def test_every_call_keeps_its_promises(site: Site, api: Any) -> None:
    tokens = cycle([site.token("lin"), site.token("wang"), site.token("zhou")])  # both parties in turns
    broken = []
    for found in api.get_all_operations():
        operation = found.ok()
        try:
            fuzz(operation, tokens)
        except (AssertionError, CheckFailed) as error:
            broken.append(f"{operation.label}: {error}")
    assert not broken, "\n\n".join(broken)


def fuzz(operation: Any, tokens: Iterator[str]) -> None:
    real = cycle([True, True, False])
    there = next((values for part, values in REAL.items() if part in operation.path), {"number": NUMBER})

    @given(case=operation.as_strategy())
    @EXAMPLES
    def call(case: Any) -> None:
        if case.path_parameters and next(real):
            case.path_parameters |= {k: v for k, v in there.items() if k in case.path_parameters}
        case.call_and_validate(headers={"authorization": f"Bearer {next(tokens)}"}, checks=CHECKS)

    call()
