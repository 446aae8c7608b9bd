"""The application of a world on a fixed clock."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def site(world: Any) -> Any:
    from tests.support.web import Site

    return Site(world)
