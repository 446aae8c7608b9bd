"""Measure the figures of docs/performance.md: `python -m tests.bench [NAME …]`.

Every module bench_NAME.py has `run()`, which returns or yields rows (name, ours, floor, ratio, target).
`ours` and `floor` are measured in the same run, so only their ratio means something on another machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from tests.bench.row import Row


def write(line: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def figure(value: float) -> str:
    """Write a number with about four significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def show(rows: Iterable[Row]) -> None:
    """Print the rows as a table."""
    for name, ours, floor, ratio, target in rows:
        write(f"{name:<62} {figure(ours):>12} {figure(floor):>12} {figure(ratio):>8}  {target}")


def main(wanted: list[str]) -> None:
    """Run the modules asked for, all by default."""
    write(f"{'':<62} {'ours':>12} {'floor':>12} {'ratio':>8}  target")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if not wanted or name in wanted:
            show(import_module(f"tests.bench.{path.stem}").run())


if __name__ == "__main__":
    main(sys.argv[1:])
