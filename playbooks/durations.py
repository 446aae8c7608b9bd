"""Durations as people write them in a plan: 30s, 15m, 4h, or a bare number of seconds."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
LONGEST = 7 * 24 * 3600.0


def seconds(value: Any) -> float:
    """Return the seconds; ValueError says how a duration is written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("时长应写作 30s、15m、4h 或秒数。")  # noqa: TRY004 - pydantic wants a ValueError
    found = _WRITTEN.fullmatch(str(value).strip())
    if found is None:
        raise ValueError("时长应写作 30s、15m、4h 或秒数。")
    number = float(found[1]) * _UNITS[found[2]]
    if not 0 < number <= LONGEST:
        raise ValueError("时长应大于零，且不超过七天。")
    return number


Duration = Annotated[float, BeforeValidator(seconds)]


def written(value: float) -> str:
    """Return the shortest way to write so many seconds."""
    for unit, size in (("h", 3600), ("m", 60)):
        if value >= size and value % size == 0:
            return f"{value / size:g}{unit}"
    return f"{value:g}s"
