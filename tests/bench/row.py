"""One line of the bench's table."""

from __future__ import annotations

Row = tuple[str, float, float, float, str]
"""(name with unit, ours, the floor, ratio, target in words)."""
