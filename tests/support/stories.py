"""Stories that many tests begin with, played once a process and remembered with the world they end in.

A story is a function of a world. Whoever tells it again in the same state (same function, arguments, time,
audit chain and number of rows) gets a copy of the database, the files and the clock as they were at its end.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import text

from kernel.db import Base
from sla import pinned
from sla.deadlines import watch
from tests.support.world import World

P = ParamSpec("P")
R = TypeVar("R")
Told = Callable[Concatenate[World, P], R]
DATABASE = "shoushi.sqlite*"
COUNTS = text(
    "SELECT "
    + ", ".join(f'(SELECT count(*) FROM "{table.name}")' for table in Base.metadata.sorted_tables)
    + ", (SELECT digest FROM audit_entry ORDER BY position DESC LIMIT 1)"
)


class End(NamedTuple):
    """How a story ended: what it said, when, and copies of database and files."""

    said: Any
    now: datetime
    seen: Any
    database: Any
    files: TemporaryDirectory[str]
    contract: str | None
    """The contract's file below the data folder, when the story chose one."""


THE_WORLD = object()
"""Instead of a world that a story returns."""
_ends: dict[Any, End] = {}


def story(tell: Told[P, R]) -> Told[P, R]:
    """Remember how a story ends; the function must depend on its world and arguments only."""

    @wraps(tell)
    def told(world: World, *args: P.args, **more: P.kwargs) -> R:
        if world.shelf is None:
            return tell(world, *args, **more)
        key = (world.shelf.kind, tell.__module__, tell.__qualname__, repr(args), repr(more), _state(world))
        if key not in _ends:
            said = tell(world, *args, **more)
            _ends[key] = _kept(world, said)
            return said
        return _again(world, _ends[key])

    return told


def _state(world: World) -> Any:
    with world.platform.db.read() as session:
        counts = tuple(session.execute(COUNTS).one())
    return counts, world.now, pinned.in_force(world.platform).digest


def _kept(world: World, said: Any) -> End:
    settings = world.platform.settings
    files = TemporaryDirectory(prefix="story-")
    kept = shutil.ignore_patterns(DATABASE)
    shutil.copytree(settings.data_dir, files.name, dirs_exist_ok=True, ignore=kept)
    database = world.shelf.save(world.platform.db)
    chosen = Path(settings.contract)
    contract = chosen.name if chosen.parent == Path(settings.data_dir) else None
    plain = THE_WORLD if said is world else copy.deepcopy(said)
    return End(plain, world.now, watch._last.get(world.clock), database, files, contract)


def _again(world: World, end: End) -> Any:
    platform = world.platform
    world.shelf.restore(platform.db, end.database)
    shutil.copytree(end.files.name, platform.settings.data_dir, dirs_exist_ok=True)
    if end.contract is not None:
        path = str(Path(platform.settings.data_dir) / end.contract)
        platform.settings = platform.settings.model_copy(update={"contract": path})
    world.clock.move_to(end.now)
    if end.seen is not None:
        watch._last[world.clock] = end.seen
    pinned._agreements.pop(platform.db, None)
    return world if end.said is THE_WORLD else copy.deepcopy(end.said)
