"""Labs of the scenarios. One at a time: each is taken down and must leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.playbooks.lab import CONTENT, Lab, environment
from tests.support.zygote import Zygote


@pytest.fixture(scope="session")
def ansible() -> Iterator[Zygote]:
    made = Zygote(environment(), CONTENT)
    yield made
    made.close()


@pytest.fixture
def lab(ansible: Zygote) -> Iterator[Callable[..., Lab]]:
    """Return a function that builds a scenario's lab; afterwards it is gone without a trace."""
    made: list[Lab] = []

    def build(name: str, **given: Any) -> Lab:
        made.append(Lab(ansible, name, **given))
        made[-1].run(made[-1].described["lab"]["up"])
        assert made[-1].marked() == [], "the lab's processes must not carry the marker of the run"
        return made[-1]

    yield build
    for each in made:
        each.close()
        assert each.left() == {}
