"""What every request is asked for, straight from its scope, without an object and a decoded list for each."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope


def header_of(scope: Scope, name: bytes) -> str | None:
    """Return the first header of this name (in lower case), None when there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def state_of(scope: Scope) -> dict[str, Any]:
    """Return what is remembered of the request: the values behind `request.state`."""
    found: dict[str, Any] = scope.setdefault("state", {})
    return found
